import { describe, expect, it } from "vitest";
import { serveApi } from "../api-server.js";
import { seeded } from "../samples.js";
import { raw, requests } from "./raw.js";

describe("tokens", () => {
  it("without a token nothing is answered but health and the documentation", async () => {
    const { call, manager } = await seeded();
    for (const { method, path, init } of requests) {
      const { status } = await call(path, { ...init, method, token: null });
      expect([method, path, status]).toEqual([method, path, /^\/(healthz|readyz)$/.test(path) ? 200 : 401]);
    }
    expect(manager.asked).toEqual([]);
  });

  it("a page whose name leads to this machine a moment later is told no more than anybody without a token", async () => {
    const { api, manager } = await serveApi();
    for (const { method, path } of requests) {
      if (/^\/(healthz|readyz)$/.test(path)) continue;
      const head = `${method} ${path} HTTP/1.1\r\nhost: evil.example:${api.port}\r\norigin: http://evil.example:${api.port}\r\ncontent-length: 0`;
      const answer = await raw(api, `${head}\r\nconnection: close\r\n\r\n`);
      expect([method, path, answer.slice(9, 12), /\r\nset-cookie:/i.test(answer)]).toEqual([method, path, "401", false]);
    }
    expect(manager.asked).toEqual([]);
  });

  it("a token of a lower scope does nothing, and is refused before its body is looked at", async () => {
    const { call, store, tokens } = await serveApi();
    const before = (await store.tokens.list()).length;
    for (const [method, path] of [
      ["POST", "/v1/rooms"],
      ["DELETE", "/v1/rooms/1"],
      ["POST", "/v1/tokens"],
      ["GET", "/v1/tokens"],
      ["DELETE", "/v1/tokens/1"],
    ] as const) {
      const refused = await call(path, {
        method,
        token: tokens.read,
        ...(method === "POST" && { body: "{", headers: { "content-type": "application/json" } }),
      });
      expect([path, refused.status, refused.at("error", "code")]).toEqual([path, 403, "forbidden"]);
    }
    expect((await call("/v1/tokens", { token: tokens.manage })).status).toBe(403);
    expect((await store.tokens.list()).length).toBe(before);
    expect(await store.rooms.list()).toEqual([]);
  });

  it("a token in the address is taken where clients can send no header alone", async () => {
    const { call, tokens } = await serveApi();
    for (const path of ["/v1/rooms", "/v1/tokens", "/metrics"]) {
      const refused = await call(`${path}?token=${tokens.admin}`, { token: null });
      expect([path, refused.status, refused.at("error", "code")]).toEqual([path, 401, "no_token"]);
      expect(refused.at("error", "message")).toContain("Authorization: Bearer");
    }
    expect((await call(`/douyin/liveroom/chat?room_id=1&token=${tokens.read}`, { token: null })).status).toBe(200);
  });

  it("a token never shows in a log line or an error", async () => {
    const { call, tokens, lines, api } = await serveApi();
    const { admin } = tokens;
    const answers = [
      await call(`/v1/rooms/${admin}`),
      await call(`/v1/nothing?token=${admin}`),
      await call("/v1/tokens", { method: "POST", json: { name: "a", token: admin, x: 1 } }),
      await call(`/v1/rooms?token=${admin}&limit=x`),
    ];
    await raw(api, `GET /v1/rooms HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${admin}\r\nbad header\r\n\r\n`);
    const path = `/v1/rooms/${admin}`;
    // Whoever puts it into the path has shown it to everybody on the way: our log does not keep it from its reader.
    const all = lines.filter((line) => !line.includes(path)).join("");
    expect(all).not.toContain(admin);
    expect(
      answers
        .slice(1)
        .map(({ text }) => text)
        .join(""),
    ).not.toContain(admin);
  });
});
