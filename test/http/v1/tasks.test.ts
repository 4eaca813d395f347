// Guards: long work is begun, shown, stopped and told, and deletes only what is named.
import { describe, expect, it } from "vitest";
import { until } from "../../until.js";
import { serveApi } from "../api-server.js";
import { chat } from "../events.js";

const post = (json: unknown) => ({ method: "POST", json });

describe("/v1/erase and /v1/rooms/{room}/redecode", () => {
  it("begin work that can be looked at, and say what came of it", async () => {
    const { call, maintenance, tell, store, clock, lines } = await serveApi();
    const room = await tell("98765");
    let go = () => {};
    maintenance.working = new Promise<void>((resolve) => {
      go = resolve;
    });
    const begun = await call("/v1/erase", post({ user: "111265487875", pseudonym: true }));
    expect([begun.status, begun.at("state"), begun.at("room"), begun.at("startedAt")]).toEqual([202, "running", null, clock.now()]);
    const path = `/v1/tasks/${begun.at("id")}`;
    expect((await call(path)).at("progress")).toEqual({ what: "erasing", count: 7 });
    const chinese = { headers: { "accept-language": "zh" } };
    expect((await call(path, chinese)).at("progress")).toEqual({ what: "删除", count: 7 });
    // What one takes out the other could bring back.
    const second = await call("/v1/rooms/98765/redecode", post({}));
    expect([second.status, second.at("error", "code")]).toEqual([409, "in_use"]);
    go();
    await until(async () => (await call(path)).at("state") === "done");
    const done = await call(path);
    expect(done.body).toMatchObject({ endedAt: clock.now(), error: null, result: { erased: 2, pseudonym: "p0123456789abcdef" } });
    // Nobody who reads the list or the log learns who it was.
    for (const text of [done.text, (await call("/v1/tasks")).text, lines.join("")]) expect(text).not.toContain("111265487875");

    const again = await call("/v1/rooms/98765/redecode", post({ session: "7300000000000000019" }));
    expect([again.status, again.at("room")]).toEqual([202, String(room)]);
    await until(async () => (await call(`/v1/tasks/${again.at("id")}`)).at("state") === "done");
    expect((await call("/v1/rooms/98765/redecode", post({ session: "latest" }))).status).toBe(404);
    await store.sessions.open(room, "7300000000000000020", 1);
    const latest = await call("/v1/rooms/98765/redecode", post({ session: "latest" }));
    await until(async () => (await call(`/v1/tasks/${latest.at("id")}`)).at("state") === "done");
    expect(maintenance.asked).toEqual([
      ["111265487875", true],
      [room, "7300000000000000019"],
      [room, "7300000000000000020"],
    ]);
    expect(((await call("/v1/tasks")).at("tasks") as { kind: string }[]).map(({ kind }) => kind)).toEqual([
      "redecode",
      "redecode",
      "erase",
    ]);
  });

  it("fail with the reason in the one form of errors", async () => {
    const { call, tell } = await serveApi();
    await tell("98765");
    const { at } = await call("/v1/erase", post({ user: "nobody" }));
    await until(async () => (await call(`/v1/tasks/${at("id")}`)).at("state") === "failed");
    expect((await call(`/v1/tasks/${at("id")}`)).at("error")).toEqual({
      code: "not_found",
      message: "There is no such thing here: no one in the log, in works and in comments is known as nobody",
      hint: expect.any(String),
    });
    const chinese = await call(`/v1/tasks/${at("id")}`, { headers: { "accept-language": "zh-CN" } });
    expect(chinese.at("error")).toEqual({
      code: "not_found",
      message: "没有找到：日志、作品和评论里没有叫 nobody 的人",
      hint: expect.stringMatching(/^\p{Script=Han}/u),
    });
    for (const [path, json, status] of [
      ["/v1/erase", { user: " \u200b\u3000" }, 400],
      ["/v1/erase", { user: "https://www.douyin.com/user/MS4wLjABAAAA" }, 400],
      ["/v1/rooms/98765/redecode", { session: "404" }, 404],
    ] as const)
      expect([path, (await call(path, post(json))).status]).toEqual([path, status]);
    expect((await call("/v1/tasks/77")).status).toBe(404);
  });

  it("delete a room or a broadcast by its typed name: when that is answered it is gone", async () => {
    const { call, maintenance, manager, tell, store, lines, token } = await serveApi();
    const room = await tell("98765", chat("一", { sessionId: "7300000000000000019" }));
    const other = await tell("98766", chat("二"));
    await store.rooms.setFacts(room, { title: "夜话" });
    await store.rooms.setWatch(room, "on");
    await store.sessions.open(room, "7300000000000000019", 1, "第一场");
    const path = "/v1/rooms/98765/sessions/7300000000000000019/delete";
    for (const [wrong, words] of [
      ["/v1/rooms/98765/delete", 'It is called "夜话", or "1"'],
      [path, 'It is called "第一场", or "7300000000000000019"'],
    ] as const) {
      const refused = await call(wrong, post({ name: "98766" }));
      expect([refused.status, refused.at("error", "code")]).toEqual([400, "not_confirmed"]);
      expect(refused.at("error", "message")).toContain(words);
      expect((await call(wrong, { ...post({ name: "夜话" }), token: await token({ scope: "manage" }) })).status).toBe(403);
    }
    // One that comes in at this moment would come again.
    manager.say(room, "live", "7300000000000000019");
    expect((await call(path, post({ name: "第一场" }))).at("error", "code")).toBe("in_use");
    manager.say(room, "live", "7300000000000000020");
    const first = await call(path, post({ name: " 第一场 " }));
    expect([first.status, first.at("kind"), first.at("room")]).toEqual([202, "delete", String(room)]);
    expect([(await call(path, post({ name: "第一场" }))).status, await store.sessions.list(room, 9)]).toEqual([404, []]);
    await until(async () => (await call(`/v1/tasks/${first.at("id")}`)).at("state") === "done");

    const gone = await call("/v1/rooms/98765/delete", post({ name: "夜话" }));
    expect(gone.status).toBe(202);
    expect([(await call(`/v1/rooms/${room}`)).status, (await call("/v1/rooms/98765/events")).status]).toEqual([404, 404]);
    expect((await call("/v1/rooms")).at("rooms")).toMatchObject([{ id: String(other) }]);
    await until(async () => (await call(`/v1/tasks/${gone.at("id")}`)).at("state") === "done");
    expect((await call(`/v1/tasks/${gone.at("id")}`)).at("result")).toMatchObject({ events: 3, recordings: { files: 1 } });
    expect(maintenance.asked).toEqual([
      ["delete", room, "7300000000000000019"],
      ["delete", room, null],
    ]);
    // Who did it is known, not what it was called.
    expect(lines.filter((line) => line.includes("was deleted"))).toHaveLength(2);
    expect(lines.join("")).not.toMatch(/夜话|第一场/);
  });

  it("stop when they are told to, and with the server", async () => {
    const { api, call, maintenance } = await serveApi();
    maintenance.working = new Promise(() => {});
    const one = (await call("/v1/erase", post({ user: "1" }))).at("id");
    expect((await call(`/v1/tasks/${one}`, { method: "DELETE" })).at("state")).toBe("stopped");
    expect((await call("/v1/erase", post({ user: "1" }))).status).toBe(202);
    await api.close();
  });
});
