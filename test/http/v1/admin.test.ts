// Guards: accounts keep their cookies secret, and the doctor runs once at a time.
import { describe, expect, it } from "vitest";
import { serveApi } from "../api-server.js";

const SECRET = "sessionid=0123456789abcdef0123456789abcdef";

describe("/v1/accounts", () => {
  it("keeps pasted cookies, which no answer, list or log line shows", async () => {
    const { call, admin, lines } = await serveApi();
    const made = await call("/v1/accounts", { method: "POST", json: { name: "tablet", cookies: SECRET } });
    expect([made.status, made.at("name"), made.at("login")]).toEqual([201, "tablet", "unknown"]);
    expect(admin.kept.get("tablet")?.cookies).toBe(SECRET);
    const listed = await call("/v1/accounts");
    expect(listed.at("accounts", 1, "name")).toBe("tablet");
    const checked = await call("/v1/accounts/tablet/check", { method: "POST" });
    expect(checked.status).toBe(200);
    for (const text of [made.text, listed.text, checked.text, lines.join("")]) expect(text).not.toContain("0123456789abcdef");
  });

  it("takes a whole cookies.txt, and repeats nothing of what it refuses", async () => {
    const { call, lines } = await serveApi();
    const long = `${"# a comment\n".repeat(20_000)}${SECRET}`;
    expect((await call("/v1/accounts", { method: "POST", json: { name: "a", cookies: long } })).status).toBe(201);
    const wrong = await call("/v1/accounts", { method: "POST", json: { name: "a b", cookies: SECRET } });
    const without = await call("/v1/accounts", { method: "POST", json: { name: "a", cookies: "ttwid=SECRETttwid" } });
    const tooLong = await call("/v1/accounts", { method: "POST", json: { name: "a", cookies: SECRET.repeat(20_000) } });
    for (const refused of [wrong, without, tooLong]) {
      expect(refused.at("error", "code")).toBe("bad_request");
      expect(refused.text + lines.join("")).not.toMatch(/0123456789abcdef|SECRETttwid/);
    }
  });

  it("is nothing for a token that is limited to rooms", async () => {
    const { call, token } = await serveApi();
    expect((await call("/v1/accounts", { token: await token({ scope: "manage", rooms: ["98765"] }) })).status).toBe(403);
  });

  it("forgets one, once", async () => {
    const { call, admin } = await serveApi();
    expect((await call("/v1/accounts/phone", { method: "DELETE" })).body).toEqual({ name: "phone" });
    expect(admin.kept.size).toBe(0);
    expect((await call("/v1/accounts/phone", { method: "DELETE" })).status).toBe(404);
  });
});

describe("/v1/about and /v1/doctor", () => {
  it("tell what this server is, and what ails it", async () => {
    const { call, admin } = await serveApi();
    expect((await call("/v1/about")).body).toMatchObject({ account: "phone", compat: [{ url: "ws://127.0.0.1:8888" }] });
    const found = await call("/v1/doctor", { method: "POST", json: { room: "98765" } });
    expect(found.body).toEqual({ findings: [{ layer: "home", state: "fail", detail: "no answer", todo: "Check the network." }] });
    await call("/v1/doctor", { method: "POST", json: {} });
    expect(admin.examined).toEqual(["98765", null]);
  });

  it("say it in Chinese to whom that is said better", async () => {
    const { call } = await serveApi();
    const zh = { headers: { "accept-language": "zh-CN,zh;q=0.9,en;q=0.8" } };
    const settings = async (headers = {}) => (await call("/v1/about", headers)).at("settings");
    expect(await settings(zh)).toMatchObject([{ name: "DYLIVE_PORT", about: "服务监听的地址；默认只在本机" }]);
    expect((await call("/v1/nothing", zh)).at("error")).toMatchObject({
      code: "no_address",
      message: "没有这个地址：这个地址不支持 GET",
      hint: expect.stringContaining("GET /openapi.json 列出所有地址和方法"),
    });
    expect((await call("/douyin/liveroom/chat", { ...zh, token: "wrong" })).at("msg")).toMatch(/^token 无效：.*。请核对 token，/);
    expect(await settings()).toMatchObject([{ about: "address that the server listens on; loopback by default" }]);
  });

  it("say that the doctor was stopped with the server, which is no fault of ours", async () => {
    const { api, call, admin, lines } = await serveApi();
    admin.looking = new Promise(() => {});
    const asked = call("/v1/doctor", { method: "POST", json: {} });
    while (admin.examined.length === 0) await new Promise((next) => setImmediate(next));
    await api.close();
    const refused = await asked;
    expect([refused.status, refused.at("error", "code")]).toEqual([503, "stopping"]);
    expect(lines.filter((line) => (JSON.parse(line) as { level: number }).level >= 50)).toEqual([]);
  });

  it("run one doctor at a time", async () => {
    const { call, admin } = await serveApi();
    let resolve = () => {};
    admin.looking = new Promise<void>((done) => {
      resolve = done;
    });
    const first = call("/v1/doctor", { method: "POST", json: {} });
    while (admin.examined.length === 0) await new Promise((next) => setImmediate(next));
    expect((await call("/v1/doctor", { method: "POST", json: {} })).at("error", "code")).toBe("in_use");
    resolve();
    expect((await first).status).toBe(200);
    expect((await call("/v1/doctor", { method: "POST", json: {} })).status).toBe(200);
  });
});
