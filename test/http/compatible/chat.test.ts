// Guards: /douyin/liveroom/chat answers as the document says, each event once and in order.
import { describe, expect, it, vi } from "vitest";
import { decodeCursor, encodeCursor } from "../../../src/feed/cursor.js";
import { DyliveError, type ErrorCode } from "../../../src/runtime/errors.js";
import { chat, stats } from "../events.js";
import { answerOf, readInSteps, serveChat } from "./chat-server.js";
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
    expect(decodeCursor(answer.headers.get("x-next-cursor") ?? "")).toEqual({ logId: store.log.id, pos: 7 });
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
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

  it("refuses what it does not offer in the same envelope", async () => {
    const { url, reader: token } = await serveChat();
    const post = await answerOf(await fetch(url({ token, room_id: 1 }), { method: "POST", body: "x".repeat(100_000) }));
    expect([post.status, post.body.code, post.headers.get("allow")]).toEqual([405, 405, "GET"]);
    expect((await fetch(url({ token, room_id: 1 }), { method: "HEAD" })).status).toBe(405);
    const long = await answerOf(await fetch(`${url({ token, room_id: 1 })}&x=${"y".repeat(9_000)}`));
    expect([long.status, long.body.code]).toEqual([414, 414]);
    const huge = await answerOf(await fetch(`${url({ token, room_id: 1 })}&x=${"y".repeat(20_000)}`));
    expect([huge.status, huge.body.code]).toEqual([431, 431]);
  });
});

describe("cursor=", () => {
  it("of another log or the future is 409 with both ends", async () => {
    const { get, add, store } = await serveChat();
    await add(chat("a"), chat("b"));
    const foreign = [encodeCursor("elsewhere", 1), encodeCursor(store.log.id, 3), "3"];
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
    for (let round = 0; round < 60; round++) {
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
