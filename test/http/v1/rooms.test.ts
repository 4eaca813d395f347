// Guards: rooms are added, shown, changed and removed, and a limited token sees its own alone.
import { describe, expect, it } from "vitest";
import { serveApi } from "../api-server.js";
import { chat } from "../events.js";

const ID19 = "7300000000000000019";

describe("/v1/rooms", () => {
  it("adds a room, shows it, pauses, resumes and removes it", async () => {
    const { call, manager, tokens } = await serveApi();
    const added = await call("/v1/rooms", { method: "POST", json: { room: "98765" }, token: tokens.manage });
    expect(added.status).toBe(201);
    expect(added.headers.get("location")).toBe("/v1/rooms/1");
    expect(added.body).toMatchObject({ id: "1", webRid: "98765", watch: "on", aliases: [{ kind: "web_rid", value: "98765" }] });
    manager.say(1, "live", ID19, { counts: { WebcastChatMessage: 3 }, reason: "people are heard" });
    const shown = await call("/v1/rooms/1", { token: tokens.read });
    expect(shown.body).toMatchObject({ status: { state: "live", sessionId: ID19, evidence: { counts: { WebcastChatMessage: 3 } } } });
    expect(shown.at("status", "room")).toBeUndefined();
    expect(shown.at("resume")).toBeUndefined();
    const paused = await call("/v1/rooms/98765/pause", { method: "POST", token: tokens.manage });
    expect(paused.body).toMatchObject({ id: "1", watch: "paused", status: null });
    const resumed = await call("/v1/rooms/web_rid:98765/resume", { method: "POST", token: tokens.manage });
    expect(resumed.body).toMatchObject({ watch: "on", status: { state: "resolving" } });
    const removed = await call("/v1/rooms/1", { method: "DELETE", token: tokens.manage });
    expect(removed.body).toMatchObject({ watch: "off", status: null });
    expect((await call("/v1/rooms/1")).status).toBe(200);
  });

  it("says why in the language that is asked for", async () => {
    const { call, manager, tokens } = await serveApi();
    await call("/v1/rooms", { method: "POST", json: { room: "98765" }, token: tokens.manage });
    const session = {
      ...{ session: "account:main", state: "connected" as const, since: 1, reason: "the account is not live", retryAt: null },
      ...{ lastReceivedAt: null, received: 0, outages: { count: 0, totalMs: 0 }, account: null, lost: null, gifts: "unknown" as const },
      giftsSeen: { since: null, diamondsWitnessed: 0, diamondsMissing: 0 },
    };
    manager.say(1, "live", ID19, { reason: "interactive messages are coming in", sessions: [session] });
    const said = (reason: string, ofSession: string) => ({
      status: { state: "live", evidence: { reason, sessions: [{ state: "connected", reason: ofSession }] } },
    });
    const english = said("interactive messages are coming in", session.reason);
    const chinese = said("正在收到互动消息", "主播没有开播");
    for (const [language, expected] of [
      ["zh-CN,zh;q=0.9,en;q=0.8", chinese],
      ["en", english],
    ] as const) {
      const headers = { "accept-language": language };
      expect((await call("/v1/rooms/1", { headers })).body).toMatchObject(expected);
      expect((await call("/v1/rooms", { headers })).body).toMatchObject({ rooms: [expected] });
    }
  });

  it("takes sessions, each with a proxy from an administrator alone, and says what they brought", async () => {
    const { call, manager, store, tokens } = await serveApi();
    await call("/v1/rooms", { method: "POST", json: { room: "98765" } });
    const patch = (token: string, sessions: unknown) => call("/v1/rooms/1", { method: "PATCH", token, json: { sessions } });
    const set = await patch(tokens.manage, ["guest", "account:main@browser"]);
    expect(set.body).toMatchObject({ settings: { account: null, sessions: ["guest", "account:main@browser"] } });
    expect((await patch(tokens.manage, ["guest,proxy=socks5://127.0.0.1:1"])).status).toBe(403);
    expect((await patch(tokens.admin, ["guest,proxy=socks5://127.0.0.1:1"])).status).toBe(200);
    // Who may not name a proxy does not take one away: by leaving its session out, and naming it again.
    const added = (token: string, sessions: unknown) =>
      call("/v1/rooms", { method: "POST", token, json: { room: "98765", settings: { sessions } } });
    for (const by of [patch, added]) {
      for (const losing of [["guest:2"], ["guest,proxy=none"], null]) expect((await by(tokens.manage, losing)).status).toBe(403);
      const kept = await by(tokens.manage, ["guest:2", "guest"]);
      expect(kept.body).toMatchObject({ settings: { sessions: ["guest:2", "guest,proxy=socks5://127.0.0.1:1"] } });
    }
    expect((await patch(tokens.admin, ["guest,proxy=none"])).body).toMatchObject({ settings: { sessions: ["guest"] } });
    expect((await patch(tokens.manage, null)).body).toMatchObject({ settings: { sessions: null } });
    manager.say(1, "live", ID19);
    expect((await call("/v1/rooms/1")).body).toMatchObject({
      status: { evidence: { sessions: [], seen: { chat: { received: 0, shared: 0, sessions: {} } } } },
    });
    await store.sessions.open(1, ID19, 1);
    expect((await call(`/v1/rooms/1/sessions/${ID19}`)).body).toMatchObject({ seen: null });
    const sessions = ["guest", "browser"];
    await store.sessions.keepSeen(1, ID19, { sessions, counts: { chat: { 1: 24, 2: 24, 3: 36 } } });
    expect((await call(`/v1/rooms/1/sessions/${ID19}`)).body).toMatchObject({
      seen: {
        chat: { received: 84, shared: 36, sessions: { browser: { received: 60, alone: 24 } } },
      },
    });
  });

  it("lists by pages, names and watch, to a limited token only its own", async () => {
    const { call, store, token } = await serveApi();
    for (const room of ["11", "12", "13", "anna"]) await call("/v1/rooms", { method: "POST", json: { room } });
    await store.rooms.ensure([{ kind: "room_id", value: ID19 }]);
    const first = await call("/v1/rooms?limit=2");
    expect(first.body).toMatchObject({ rooms: [{ id: "1" }, { id: "2" }], next: expect.any(String) });
    const second = await call(`/v1/rooms?limit=3&cursor=${first.at("next")}`);
    expect(second.body).toMatchObject({ rooms: [{ id: "3" }, { id: "4" }, { id: "5", webRid: null }], next: null });
    expect((await call("/v1/rooms?name=anna")).body).toMatchObject({ rooms: [{ id: "4" }], next: null });
    expect((await call(`/v1/rooms?name=${ID19}`)).body).toMatchObject({ rooms: [{ aliases: [{ kind: "room_id", value: ID19 }] }] });
    expect((await call("/v1/rooms?watch=off")).body).toMatchObject({ rooms: [{ id: "5" }] });
    const limited = { token: await token({ rooms: ["12", "unique_id:anna", "room:5", "none"] }) };
    const own = await call("/v1/rooms?limit=2", limited);
    expect(own.body).toMatchObject({ rooms: [{ id: "2" }, { id: "4" }], next: expect.any(String) });
    expect((await call(`/v1/rooms?cursor=${own.at("next")}`, limited)).body).toMatchObject({ rooms: [{ id: "5" }], next: null });
    expect((await call("/v1/rooms?name=11", limited)).body).toEqual({ rooms: [], next: null });
    const wrong = await call("/v1/rooms?cursor=xyz");
    expect([wrong.status, wrong.at("error", "code")]).toEqual([400, "bad_request"]);
  });

  it("says what is wrong, in one form", async () => {
    const { call, lines } = await serveApi();
    const cases: [string, Parameters<typeof call>[1], number, string, string][] = [
      ["/v1/rooms/9", {}, 404, "not_found", "add it first"],
      ["/v1/rooms", { method: "POST", json: { room: "!!!" } }, 400, "bad_room", "holds no link"],
      ["/v1/rooms", { method: "POST", json: {} }, 400, "bad_request", "room is missing"],
      ["/v1/rooms", { method: "POST", json: { room: "1", watched: true } }, 400, "bad_request", 'no field "watched"'],
      ["/v1/rooms", { method: "POST", json: { room: "1", watch: "false" } }, 400, "bad_request", "watch must be true or false"],
      ["/v1/rooms", { method: "POST", json: { room: "captcha" } }, 503, "room_unknown", "no state"],
      ["/v1/rooms", { method: "POST", body: "{", headers: { "content-type": "application/json" } }, 400, "bad_request", "JSON"],
      ["/v1/rooms?limit=x", {}, 400, "bad_request", "from 1 to 1000"],
      ["/v1/%ff", {}, 400, "bad_request", ""],
    ];
    for (const [path, init, status, code, words] of cases) {
      const answer = await call(path, init);
      expect([path, answer.status, answer.at("error", "code")]).toEqual([path, status, code]);
      expect(answer.at("error", "message")).toContain(words);
      const field = /^(\w+) (?:is missing|must be)/.exec(words)?.[1] ?? (path.includes("limit=") ? "limit" : undefined);
      expect(answer.body).toEqual({
        error: {
          ...(field !== undefined && { field }),
          code,
          message: expect.any(String),
          hint: expect.stringMatching(/./),
          requestId: expect.stringMatching(/^[0-9a-f]{12}$/),
        },
      });
    }
    expect(lines.filter((line) => line.includes('"level":50'))).toEqual([]);
  });

  it("shows a limited token its own rooms alone", async () => {
    const { call, token, manager, tell } = await serveApi();
    await tell("11", chat("a"));
    await tell("12", chat("b"));
    const limited = await token({ scope: "manage", rooms: ["12", "room:3"] });
    expect((await call("/v1/rooms", { token: limited })).body).toMatchObject({ rooms: [{ id: "2" }] });
    expect((await call("/v1/rooms/2", { token: limited })).status).toBe(200);
    for (const [method, path] of [
      ["GET", "/v1/rooms/1"],
      ["GET", "/v1/rooms/11/events"],
      ["GET", "/v1/rooms/1/sessions"],
      ["POST", "/v1/rooms/1/pause"],
      ["POST", "/v1/rooms/1/resume"],
      ["DELETE", "/v1/rooms/1"],
    ] as const)
      expect([path, (await call(path, { method, token: limited })).status]).toEqual([path, 404]);
    for (const room of ["11", "99", "https://live.douyin.com/11", "https://v.douyin.com/abc/"]) {
      const refused = await call("/v1/rooms", { method: "POST", json: { room }, token: limited });
      expect([room, refused.status, refused.at("error", "code")]).toEqual([room, 403, "forbidden"]);
    }
    expect(manager.asked).toEqual([]);
    expect((await call("/v1/rooms", { method: "POST", json: { room: "https://live.douyin.com/12" }, token: limited })).status).toBe(201);
    await tell("13", chat("c"));
    expect((await call("/v1/rooms/13", { token: limited })).status).toBe(200);
  });
});

describe("/v1/rooms/{room}/sessions", () => {
  it("lists broadcasts by pages, newest first, and shows one", async () => {
    const { call, store, tell } = await serveApi();
    const room = await tell("11", chat("a"));
    for (let n = 1; n <= 3; n++) await store.sessions.open(room, `730000000000000000${n}`, n * 1000, `第${n}场`);
    const first = await call("/v1/rooms/11/sessions?limit=2");
    expect(first.body).toMatchObject({
      sessions: [
        { id: "7300000000000000003", title: "第3场", openedAt: 3000, endedAt: null, endReason: null },
        { id: "7300000000000000002", endedAt: 3000, endReason: "replaced" },
      ],
    });
    const second = await call(`/v1/rooms/11/sessions?limit=2&cursor=${first.at("next")}`);
    expect(second.body).toEqual({ sessions: [expect.objectContaining({ id: "7300000000000000001" })], next: null });
    expect((await call("/v1/rooms/11/sessions/7300000000000000002")).body).toMatchObject({ id: "7300000000000000002" });
    expect((await call("/v1/rooms/11/sessions/1")).status).toBe(404);
  });
});
