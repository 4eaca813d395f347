// Guards: a message that comes in several envelopes is one event.
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { corpus } from "../../simulator/index.js";
import { platformId } from "../../src/events/describe.js";
import { loadFile } from "../../src/ingest/load-file.js";
import { type Broadcast, Pipeline } from "../../src/ingest/pipeline.js";
import { readFrame } from "../../src/platform/access/read.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { systemClock } from "../../src/runtime/clock.js";
import { Recorder } from "../../src/sources/recording.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import { FakeClock } from "../clock.js";
import { readAll } from "../contracts/harness.js";
import { encode, schema } from "../platform/messages/encode.js";
import { useDirectory } from "../store/directory.js";

const directory = useDirectory();
const made = corpus({ seed: "identity", frames: 120 });
const AT = 1_777_726_800_000;
const broadcast: Broadcast = { sessionId: made.roomId, webRid: "1", anchorId: null, source: "websocket" };
/** Of facts/changes-2026.md 1: a chat, and the two envelopes that it came in. */
const CHAT = "7691348205992268834";
const SENT = ["7691348219313271818", "7691348221956011054"] as const;

interface Sent {
  readonly method: string;
  readonly msgId: string;
  readonly payload: Uint8Array;
}

async function opened() {
  const store = openMemoryStore({ maxEventsPerRoom: 100_000 });
  const room = await store.rooms.ensure([{ kind: "web_rid", value: "1" }]);
  const setAside = (_event: unknown, error: unknown) => {
    throw error;
  };
  const open = () => Pipeline.open({ log: store.log, rooms: store.rooms, room, clock: new FakeClock(AT), drift: new Drift(), setAside });
  const events = async () => (await readAll(store.log, room)).events;
  return { store, room, open, events, pipeline: await open() };
}

const arrived = (...messages: readonly Sent[]) => [{ receivedAt: AT, response: { messages } }];
const of = (name: string, fields: object, msgId: string): Sent => {
  const method = `Webcast${name}`;
  return { method, msgId, payload: encode(name, { common: { method, msgId: CHAT }, ...fields }) };
};

/** The frame with other ids on its envelopes, as when its messages are sent again. */
function sentAgain(frame: Uint8Array): Uint8Array {
  const push = schema("PushFrame").toObject(schema("PushFrame").decode(frame), { longs: String });
  const response = schema("Response").toObject(schema("Response").decode(gunzipSync(push["payload"])), { longs: String });
  const messages = (response["messages"] as Sent[]).map((message) => ({ ...message, msgId: String(BigInt(message.msgId) + 1n) }));
  return encode("PushFrame", { ...push, headersList: [], headers: [], payload: encode("Response", { ...response, messages }) });
}

it("a chat that is sent twice is stored and counted once: at once, later, and after a restart", async () => {
  const { pipeline, open, events } = await opened();
  const [first, again] = SENT.map((msgId) => of("ChatMessage", { content: "来了" }, msgId));
  if (first === undefined || again === undefined) throw new Error("no messages");
  const stored = await pipeline.store(arrived(first, again), broadcast);
  expect([stored.events.length, stored.drops.get("duplicate")]).toEqual([1, 1]);
  expect((await pipeline.store(arrived(again), broadcast)).drops.get("duplicate")).toBe(1);
  expect((await (await open()).store(arrived(again), broadcast)).drops.get("duplicate")).toBe(1);
  expect(await events()).toMatchObject([{ id: CHAT, type: "chat" }]);
});

it("two methods with one msg_id are two events, with the same ids in whatever order they come; what is deleted is found by it", async () => {
  const person = { user: { id: "7", nickname: "甲" } };
  const both = [of("ChatMessage", { content: "来了" }, SENT[0]), of("LikeMessage", { count: 1, ...person }, SENT[1])];
  const gone = of("ImDeleteMessage", { common: { method: "WebcastImDeleteMessage", msgId: "5" }, deleteMsgIds: [CHAT] }, "6");
  const ids: string[][] = [];
  for (const order of [both, both.toReversed()]) {
    const { pipeline, events } = await opened();
    for (const message of [...order, ...order, gone]) await pipeline.store(arrived(message), broadcast);
    const stored = await events();
    ids.push(stored.map(({ id }) => id).sort());
    const [deleted] = stored.flatMap((event) => (event.type === "notice" ? (event.deletes ?? []) : []));
    expect(stored.find(({ type }) => type === "chat")?.id).toBe(deleted);
    expect(stored.flatMap((event) => (platformId(event) === deleted ? [event.type] : [])).sort()).toEqual(["chat", "like"]);
  }
  expect(ids[0]).toEqual(["5:WebcastImDeleteMessage", CHAT, `${CHAT}:WebcastLikeMessage`]);
  expect(ids[1]).toEqual(ids[0]);
});

it("states that come again under one msg_id are each stored, by their envelopes", async () => {
  const { pipeline, events } = await opened();
  const state = (version: string, msgId: string) => of("RoomDataSyncMessage", { syncKey: "LotteryInfoSyncData", version }, msgId);
  await pipeline.store(arrived(state("1", SENT[0]), state("2", SENT[1]), state("2", SENT[1])), broadcast);
  expect((await events()).map(({ id }) => id)).toEqual(SENT.map((id) => `${id}:WebcastRoomDataSyncMessage`));
});

it("what im/fetch, a second connection or a recording gives in other envelopes adds nothing, and no gift counts twice", async () => {
  const { store, room, pipeline, events } = await opened();
  const received = (frames: readonly Uint8Array[]) => frames.map((frame, i) => readFrame(frame, AT + i * 100, new Drift()).received);
  const overlap = received(made.frames.map(sentAgain));
  // The platform's own repeats are among them.
  expect((await pipeline.store(received(made.frames), broadcast)).drops.get("duplicate")).toBeGreaterThan(3);
  await pipeline.settle();
  const before = await events();
  expect((await pipeline.store(overlap, broadcast)).events).toEqual([]);

  const path = directory("overlap.dyrec");
  const recorder = new Recorder(path, { webRid: "1", roomId: made.roomId, title: "", startedAt: AT, source: "websocket" });
  recorder.write(overlap, AT);
  expect(overlap.flatMap(({ response }) => response?.messages ?? []).length).toBe(made.messages);
  recorder.close();
  const [loaded] = await loadFile(path, { store, clock: systemClock, signal: new AbortController().signal });
  expect(loaded).toMatchObject({ room, messages: made.messages });
  expect(units(await events())).toEqual(units(before));
  expect((await events()).filter(({ source }) => source === "import")).toEqual([]);
  await store.close();
});

function units(events: Awaited<ReturnType<Awaited<ReturnType<typeof opened>>["events"]>>): number {
  return events.reduce((sum, event) => sum + (event.type === "gift" ? event.delta : 0), 0);
}
