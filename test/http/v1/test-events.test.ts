// Guards: A test event is delivered as an event of its type, counts nowhere, and has only the fields of its type.
import { Value } from "typebox/value";
import { describe, expect, it } from "vitest";
import { grab } from "../../../src/compat/grab.js";
import { live } from "../../../src/compat/live.js";
import { tiktok } from "../../../src/compat/tiktok.js";
import { KINDS, type LiveEvent } from "../../../src/events/event.js";
import { TEST_TYPES, testFields } from "../../../src/events/test-event.js";
import { catchUp } from "../../../src/statistics/reader.js";
import { checkStore } from "../../../src/store/check.js";
import { rowOf, StoredEvent } from "../../../src/store/stored-event.js";
import { alarmText } from "../../../src/webhooks/alarm-text.js";
import { hookSelection } from "../../../src/webhooks/selection.js";
import { ABOUT } from "../../compat/samples.js";
import { plainWords } from "../../statistics/plain-words.js";
import { type ApiServer, serveApi } from "../api-server.js";
import { chat } from "../events.js";

const SESSION = "7300000000000000019";
const OF_SYSTEM = ["account.lapsed", "hook.paused", "disk.low", "work.published"];

const trigger = ({ call, tokens }: ApiServer, json: Record<string, unknown>, room = "11", token = tokens.manage) =>
  call(`/v1/rooms/${room}/test-events`, { method: "POST", token, json });

async function room(): Promise<ApiServer & { readonly room: number }> {
  const made = await serveApi();
  const key = await made.tell("11", chat("真的弹幕", { sessionId: SESSION }));
  await made.store.sessions.open(key, SESSION, 1, "标题");
  return { ...made, room: key };
}

describe("a test event", () => {
  it("of each type is an event as the schema says, is asked for by its name by a hook, and is told to people as a test", async () => {
    const made = await room();
    for (const type of TEST_TYPES) {
      const reply = await trigger(made, { type }, OF_SYSTEM.includes(type) ? "0" : "11");
      expect([type, reply.status]).toEqual([type, 201]);
      const event = reply.body as LiveEvent;
      expect([type, event.source, event.sessionId, event.seq > 0]).toEqual([type, "test", null, true]);
      expect([type, Value.Check(KINDS[event.type], event)]).toEqual([type, true]);
      const selection = hookSelection({ types: [type], filter: null, rooms: [] });
      const { seq, ...rest } = event;
      expect([type, Boolean(selection.wants(new StoredEvent({ room: 1, seq, pos: seq }, rowOf(rest))))]).toEqual([type, true]);
      const told = alarmText([event], { name: "直播间", title: null, again: new Set() }, "zh");
      expect(told.title).toContain("（测试）");
    }
  });

  it("is what was asked for, in the room's log, after what a collector had stored and before what it stores next", async () => {
    const made = await room();
    const asked = { type: "gift", nickname: "老板", userId: "123", gift: "嘉年华", units: 2, diamonds: 60_000 };
    expect((await trigger(made, asked)).body).toMatchObject({
      seq: 2,
      room: made.room,
      webRid: "11",
      type: "gift",
      user: { id: "123", nickname: "老板" },
      gift: { name: "嘉年华" },
      ...{ delta: 2, comboTotal: 2, settled: true, unitDiamonds: 30_000, diamonds: 60_000 },
    });
    await made.tell(made.room, chat("后来的"));
    const events = (await made.call("/v1/rooms/11/events?after=0")).at("events") as LiveEvent[];
    expect(events.map(({ seq, source }) => [seq, source])).toEqual([
      [1, "websocket"],
      [2, "test"],
      [3, "websocket"],
    ]);
    const only = await made.call(`/v1/rooms/11/events?after=0&filter=${encodeURIComponent('test && type == "gift"')}`);
    expect((only.at("events") as LiveEvent[]).map(({ seq }) => seq)).toEqual([2]);
    const chats = await made.call(`/v1/rooms/11/events?after=0&filter=${encodeURIComponent("!test")}`);
    expect((chats.at("events") as LiveEvent[]).map(({ seq }) => seq)).toEqual([1, 3]);
  });

  it("counts nowhere: statistics, search, exports, compatible outputs; and the check of the store finds nothing wrong", async () => {
    const made = await room();
    const { call, store } = made;
    for (const type of ["chat", "gift", "like", "join", "follow"])
      await trigger(made, { type, userId: "123", nickname: "试", ...(type === "chat" && { text: "测试词" }) });
    await catchUp(store, plainWords);
    expect((await call(`/v1/rooms/11/sessions/${SESSION}`)).at("totals", "messages")).toEqual({ chat: 1 });
    expect(await store.statistics.sessions(made.room, [""])).toEqual(new Map());
    for (const query of ["user=123", `q=${encodeURIComponent("测试词")}`, "types=gift"])
      expect([query, (await call(`/v1/search?room=11&${query}`)).at("events")]).toEqual([query, []]);
    const lines = async (more: string) =>
      (await call(`/v1/rooms/11/export?format=jsonl${more}`)).text.split("\n").filter((line) => line !== "").length;
    expect([await lines(""), await lines("&tests=true")]).toEqual([1, 6]);
    const pair = await call(`/v1/rooms/11/export?format=jsonl&tests=true&session=${SESSION}`);
    expect([pair.status, pair.text]).toEqual([400, expect.stringContaining("test events are of no broadcast")]);
    const compatible = await call(`/douyin/liveroom/chat?room_id=11&cursor=0&token=${made.tokens.read}`);
    expect((compatible.at("data") as unknown[]).length).toBe(1);
    const { events } = await store.log.readRoom(made.room, 1, 100);
    for (const format of [grab, live(30), tiktok])
      for (const event of events)
        expect([event.type, format.write(event, ABOUT, { room: null, idsAsText: true })]).toEqual([event.type, null]);
    expect(await checkStore(store)).toEqual([]);
  });

  it("has the fields of its type, and is refused with another's, at each door by the names that are given there", async () => {
    const made = await room();
    const refused = async (asked: Record<string, unknown>, room = "11") => {
      const { status, body } = await trigger(made, asked, room);
      return [status, (body as { error?: { field?: string; message?: string } }).error?.message];
    };
    expect(await refused({ type: "chat", diamonds: 5 })).toEqual([
      400,
      "The request is not valid: diamonds: a test of chat has no such field; it has nickname, userId, text",
    ]);
    expect(await refused({ type: "disk.low", userId: "5" }, "0")).toEqual([400, expect.stringContaining("it has text")]);
    const values = { nickname: "好", userId: "5", text: "好", gift: "好", units: 2, diamonds: 4, count: 3 };
    for (const type of TEST_TYPES) {
      const asked = {
        type,
        ...Object.fromEntries(Object.entries(values).filter(([name]) => testFields(type).some((one) => one === name))),
      };
      const { status, body } = await trigger(made, asked, OF_SYSTEM.includes(type) ? "0" : "11");
      expect([type, status]).toEqual([type, 201]);
      // None of them is dropped in silence.
      for (const [name, value] of Object.entries(asked))
        if (name !== "type") expect([type, name, JSON.stringify(body)]).toEqual([type, name, expect.stringContaining(String(value))]);
    }
  });

  it("is made by who manages, in a room that the token sees, of what can be", async () => {
    const made = await room();
    const other = await made.token({ scope: "manage", rooms: ["99"] });
    expect((await trigger(made, { type: "chat" }, "11", made.tokens.read)).status).toBe(403);
    expect((await trigger(made, { type: "chat" }, "11", other)).status).toBe(404);
    for (const [asked, to, words] of [
      [{ type: "chat" }, "0", "type: chat happens in a room: name one"],
      [{ type: "disk.low" }, "11", "type: disk.low happens in no room: name room 0"],
      [{ type: "gift", units: 7, diamonds: 10 }, "11", "10 is no multiple of 7 units"],
    ] as const) {
      const { status, at } = await trigger(made, asked, to);
      expect([status, at("error", "message")]).toEqual([400, expect.stringContaining(words)]);
    }
    expect(await made.store.log.heads([made.room])).toEqual(new Map([[made.room, { oldest: 1, head: 1 }]]));
  });
});
