import { describe, expect, it, vi } from "vitest";
import { decodeCursor, encodeCursor } from "../../../src/feed/cursor.js";
import { hashToken } from "../../../src/http/tokens.js";
import { DyliveError, type ErrorCode } from "../../../src/runtime/errors.js";
import type { Scope } from "../../../src/store/sql/tokens.js";
import { chat, gift, join, leave, like, person, stats } from "../events.js";
import { answerOf, readInSteps, SESSION, serveChat } from "./chat-server.js";
import { EXAMPLE, EXAMPLE_TEXT } from "./example.js";

describe("GET /douyin/liveroom/chat", () => {
  it("gives the document's example to the letter", async () => {
    const { get, add, store } = await serveChat();
    await add(...EXAMPLE);
    const answer = await get();
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(EXAMPLE_TEXT);
    expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(answer.headers.get("x-room-state")).toBe("live");
    expect(decodeCursor(answer.headers.get("x-next-cursor") ?? "")).toEqual({ logId: store.log.id, room: 1, seq: 7 });
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("takes the token from the query or as a bearer", async () => {
    const { url, get, reader } = await serveChat();
    const bearer = await answerOf(await fetch(url({ room_id: 1 }), { headers: { authorization: `Bearer ${reader}` } }));
    expect(bearer.status).toBe(200);
    expect((await get()).status).toBe(200);
  });

  it("looks at the token first, then at the fields, then at the room", async () => {
    const { url, get, manager } = await serveChat();
    for (const query of [{}, { room_id: "!!" }, { room_id: "1", limit: "x" }]) {
      const none = await answerOf(await fetch(url(query)));
      expect([none.status, none.body.code, none.body.data]).toEqual([401, 401, []]);
      expect(none.body.msg).toMatch(/^A token is needed: .+\. .+/);
      expect((await answerOf(await fetch(url({ ...query, token: "nonsense" })))).status).toBe(401);
    }
    expect((await get({ limit: 0 })).status).toBe(400);
    expect(manager.asked).toEqual([]);
  });

  it("names the field that is wrong", async () => {
    const { get, manager } = await serveChat();
    const wrong: [string, string][] = [
      ["room_id", ""],
      ["room_id", "'; drop table events; --"],
      ["room_id", "../.."],
      ["room_id", ".."],
      ["room_id", "a".repeat(129)],
      ["limit", "0"],
      ["limit", "2001"],
      ["limit", "1.5"],
      ["limit", "abc"],
      ["limit", ""],
      ["wait", "61"],
      ["wait", "-1"],
      ["cursor", ""],
      ["cursor", "no cursor"],
      ["cursor", "abc"],
      ["types", ""],
      ["types", "WebcastChatMessage,"],
      ["types", "Webcast Chat"],
      ["client", ""],
      ["client", "a/b"],
      ["format", "3"],
    ];
    for (const [field, value] of wrong) {
      const answer = await get({ [field]: value });
      expect([field, value, answer.status, answer.body.code, answer.body.data]).toEqual([field, value, 400, 400, []]);
      expect(answer.body.msg).toContain(field);
      expect(Object.keys(answer.body)).toEqual(["code", "data", "msg"]);
    }
    expect(manager.asked).toEqual([]);
  });

  it("names room_id when it is missing or given twice", async () => {
    const { url, reader: token } = await serveChat();
    for (const target of [url({ token }), `${url({ token })}&room_id=1&room_id=2`]) {
      const answer = await answerOf(await fetch(target));
      expect([answer.status, answer.body.code]).toEqual([400, 400]);
      expect(answer.body.msg).toContain("room_id");
    }
  });

  it("tells a client what it may not do", async () => {
    const { get, store, reader } = await serveChat();
    const row = await store.tokens.find(hashToken(reader));
    vi.spyOn(store.tokens, "find").mockResolvedValue(row && { ...row, scope: "later" as Scope });
    const answer = await get();
    expect([answer.status, answer.body.code]).toEqual([403, 403]);
  });

  it("passes on why a room cannot be had, with the status of the table", async () => {
    const { get, manager } = await serveChat();
    const cases: [ErrorCode, number, boolean][] = [
      ["no_account", 404, false],
      ["room_unknown", 503, true],
      ["unreachable", 503, true],
      ["too_many_rooms", 429, true],
      ["bad_room", 400, false],
    ];
    for (const [code, status, retry] of cases) {
      vi.spyOn(manager, "request").mockRejectedValue(new DyliveError(code, "so it is."));
      const answer = await get();
      expect([answer.status, answer.body.code, answer.body.data]).toEqual([status, status, []]);
      expect(answer.body.msg).toMatch(/: so it is\. \S/);
      expect(answer.headers.has("retry-after")).toBe(retry);
    }
  });

  it("is empty for a room that is not live, and says so", async () => {
    const { get, manager } = await serveChat();
    manager.say(1, "waiting");
    const answer = await get();
    expect(answer.text).toBe('{"code":200,"data":[],"msg":"success"}');
    expect(answer.headers.get("x-room-state")).toBe("waiting");
  });

  it("gives one broadcast's events for a 19-digit id", async () => {
    const { get, add } = await serveChat();
    await add(chat("old", { sessionId: "7000000000000000009" }), chat("new"));
    expect((await get({ room_id: SESSION })).texts).toEqual(["new"]);
  });

  it("shows other methods only when they are asked for", async () => {
    const { get, add } = await serveChat();
    await add(stats(), leave(), gift(0), like(0), join());
    expect((await get({ cursor: 0 })).texts).toEqual(["来了"]);
    const asked = await get({ cursor: 0, types: "WebcastRoomUserSeqMessage,WebcastGiftMessage" });
    expect(asked.body.data.map((event) => event["type"])).toEqual(["WebcastRoomUserSeqMessage"]);
  });

  it("brings hostile text through unharmed", async () => {
    const { get, add } = await serveChat();
    const hostile = '\u001b]0;x\u0007<script>alert(1)</script>","code":1}\r\n\u202e\u2028=1+1\\ud800';
    await add(chat(hostile, { user: person({ nickname: hostile }) }));
    expect((await get()).body.data[0]).toMatchObject({ text: hostile, nickname: hostile });
  });

  it("offers the later form", async () => {
    const { get, add, clock } = await serveChat();
    await add(chat("hi"));
    const answer = await get({ format: 2 });
    expect(JSON.parse(answer.text)).toMatchObject({
      code: 200,
      msg: "成功",
      data: { messages: [{ payload: { content: "hi" } }], fetch_interval: 1000, now: clock.now() },
    });
    expect((JSON.parse(answer.text) as { data: { cursor: string } }).data.cursor).toBe(answer.headers.get("x-next-cursor"));
  });

  it("refuses what it does not offer in the same envelope", async () => {
    const { api, url, reader: token } = await serveChat();
    const post = await answerOf(await fetch(url({ token, room_id: 1 }), { method: "POST", body: "x".repeat(100_000) }));
    expect([post.status, post.body.code, post.headers.get("allow")]).toEqual([405, 405, "GET"]);
    expect((await fetch(url({ token, room_id: 1 }), { method: "HEAD" })).status).toBe(405);
    const targets = ["/douyin/liveroom/nothing", "/nothing", "/"];
    for (const target of targets) expect((await answerOf(await fetch(api.url + target))).body.code).toBe(404);
    expect((await answerOf(await fetch(`${api.url}/%ff`))).body.code).toBe(400);
    const long = await answerOf(await fetch(`${url({ token, room_id: 1 })}&x=${"y".repeat(9_000)}`));
    expect([long.status, long.body.code]).toEqual([414, 414]);
    const huge = await answerOf(await fetch(`${url({ token, room_id: 1 })}&x=${"y".repeat(20_000)}`));
    expect([huge.status, huge.body.code]).toEqual([431, 431]);
  });
});

describe("cursor=", () => {
  it("of another log, another room or the future is 409 with both ends", async () => {
    const { get, add, store } = await serveChat();
    await add(chat("a"), chat("b"));
    const foreign = [
      encodeCursor({ logId: "elsewhere", room: 1, seq: 1 }),
      encodeCursor({ logId: store.log.id, room: 2, seq: 1 }),
      encodeCursor({ logId: store.log.id, room: 1, seq: 3 }),
      "3",
    ];
    for (const cursor of foreign) {
      const answer = await get({ cursor });
      expect([answer.status, answer.body.code, answer.body.data]).toEqual([409, 409, []]);
      const [oldest, newest] = [answer.headers.get("x-oldest-cursor") ?? "?", answer.headers.get("x-newest-cursor") ?? "?"];
      expect(answer.body.msg).toContain(oldest);
      expect(answer.body.msg).toContain(newest);
      expect((await get({ cursor: oldest })).texts).toEqual(["a", "b"]);
      expect((await get({ cursor: newest })).texts).toEqual([]);
    }
  });

  it("newest begins where a new client would, as often as it is asked, and keeps nothing", async () => {
    const { get, add, positions } = await serveChat();
    await add(...["a", "b", "c"].map((text) => chat(text)));
    const tabs = [await get({ cursor: "newest", limit: 2 }), await get({ cursor: "newest", limit: 2 })];
    expect(tabs.map(({ texts }) => texts)).toEqual([
      ["b", "c"],
      ["b", "c"],
    ]);
    await add(chat("d"));
    for (const { headers } of tabs) expect((await get({ cursor: headers.get("x-next-cursor") ?? "" })).texts).toEqual(["d"]);
    expect(await positions()).toEqual([]);
    expect((await get({ limit: 1 })).texts).toEqual(["d"]);
  });

  it("gives every event exactly once, in order, whatever the limits, and leaves the position alone", async () => {
    const { get, add, positions, store } = await serveChat();
    readInSteps(store.log, 7);
    let seed = 42;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    const sent: string[] = [];
    const got: unknown[] = [];
    let cursor = "0";
    for (let round = 0; round < 120; round++) {
      for (let n = random(9); n > 0; n--) {
        if (random(3) === 0) await add(stats());
        else {
          sent.push(`${round}-${n}`);
          await add(chat(`${round}-${n}`));
        }
      }
      const answer = await get({ cursor, limit: 1 + random(6) });
      got.push(...answer.texts);
      cursor = answer.headers.get("x-next-cursor") ?? "";
    }
    got.push(...(await get({ cursor, limit: 2000 })).texts);
    expect(got).toEqual(sent);
    expect(await positions()).toEqual([]);
  });
});
