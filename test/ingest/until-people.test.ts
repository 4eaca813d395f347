// Guards: a silence is one gap, stored in front of the first people after it.
import { expect, it } from "vitest";
import type { NewEvent } from "../../src/events/event.js";
import { gapUntilPeople } from "../../src/ingest/own-events.js";
import { type Arrived, type Broadcast, Pipeline } from "../../src/ingest/pipeline.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { DyliveError } from "../../src/runtime/errors.js";
import type { Log } from "../../src/store/log.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import { FakeClock } from "../clock.js";
import { readAll } from "../contracts/harness.js";
import { envelope } from "../platform/messages/encode.js";

const AT = 1_777_726_900_000;
const broadcast: Broadcast = { sessionId: "7", webRid: "1", anchorId: null, source: "websocket" };
const common = (n: number) => ({ msgId: `${n}`, createTime: `${AT}` });
const chat = (n: number) => envelope("ChatMessage", { common: common(n), user: { id: "5" }, content: "hello" }, `${n}`);
const stats = (n: number) => envelope("RoomStatsMessage", { common: common(n), displayShort: "1", total: "1" }, `${n}`);
type Message = ReturnType<typeof chat>;

const gap = gapUntilPeople({ sessionId: "7", webRid: "1", from: AT - 60_000, to: AT, reason: "open but silent" });
const batch = (...messages: Message[]): Arrived[] => [gap, { receivedAt: AT, response: { messages } }];

/** Opens pipelines into one room of a store, and tells in what appends events came to its log. */
async function opened(change: Partial<Log> | null = null) {
  const store = openMemoryStore({ maxEventsPerRoom: 100_000 });
  const room = await store.rooms.ensure([{ kind: "web_rid", value: "1" }]);
  const appends: string[][] = [];
  const append: Log["append"] = (batches) => {
    appends.push(batches.flatMap(({ events }) => events.map(({ type }) => type)));
    return (change?.append ?? store.log.append)(batches);
  };
  const aside: NewEvent[] = [];
  const open = () =>
    Pipeline.open({
      ...{ log: { ...store.log, append }, rooms: store.rooms, room, clock: new FakeClock(AT), drift: new Drift() },
      setAside: (event) => aside.push(event),
    });
  const types = async () => (await readAll(store.log, room)).events.map(({ type }) => type);
  return { store, open, appends, aside, types };
}

/** The same with a store that does the first append and does not answer it. */
async function unanswering() {
  let isAnswered = false;
  const now = await opened({
    append: async (batches) => {
      const appended = await now.store.log.append(batches);
      if (!isAnswered) {
        isAnswered = true;
        throw new DyliveError("store_unreachable", "no answer");
      }
      return appended;
    },
  });
  return now;
}

it("a gap stands in one append with the first that people did after it, in front of that", async () => {
  const { open, appends } = await opened();
  const { isGapTold, events } = await (await open()).store(batch(stats(1), chat(2)), broadcast);
  expect([isGapTold, appends]).toEqual([true, [["gap", "stats", "chat"]]]);
  expect(events.map(({ type }) => type)).toEqual(["gap", "stats", "chat"]);
});

it.each([
  ["nobody is heard", [stats(9)]],
  ["only what the log has of people comes again", [chat(1), stats(9)]],
] as const)("a gap is not over while %s", async (_, messages) => {
  const { open, types } = await opened();
  await (await open()).store([{ receivedAt: AT, response: { messages: [chat(1)] } }], broadcast);
  // Another process knows of it by the log only.
  const { isGapTold } = await (await open()).store(batch(...messages), broadcast);
  expect([isGapTold, await types()]).toEqual([false, ["chat", "stats"]]);
});

it("a gap stands in front of those of many that people did", async () => {
  const { open, appends } = await opened();
  const many = Array.from({ length: 3000 }, (_, n) => stats(10 + n));
  const { isGapTold } = await (await open()).store(batch(...many, chat(1), chat(2)), broadcast);
  expect(isGapTold).toBe(true);
  expect(appends.length).toBeGreaterThan(1);
  expect(appends.map((types) => types.indexOf("gap"))).toEqual([...appends.slice(1).map(() => -1), 0]);
});

it("a gap is told once, though nobody knows of an append whether it was done", async () => {
  const { open, types } = await unanswering();
  const given = batch(chat(1));
  const pipeline = await open();
  await expect(pipeline.store(given, broadcast)).rejects.toMatchObject({ code: "store_unreachable" });
  expect((await pipeline.store(given, broadcast)).isGapTold).toBe(true);
  expect(await types()).toEqual(["gap", "chat"]);
});

it("a gap is told once of a batch of which a part was stored before the store failed", async () => {
  let left = 1;
  const { store, open, types } = await opened({
    append: async (batches) => {
      if (left-- === 0) throw new DyliveError("store_unreachable", "no answer");
      return store.log.append(batches);
    },
  });
  const given = batch(chat(1), ...Array.from({ length: 3000 }, (_, n) => stats(10 + n)), chat(2));
  const pipeline = await open();
  await expect(pipeline.store(given, broadcast)).rejects.toMatchObject({ code: "store_unreachable" });
  const { isGapTold, events } = await pipeline.store(given, broadcast);
  expect([isGapTold, events.filter(({ type }) => type === "gap").length]).toEqual([true, 1]);
  expect((await types()).filter((type) => type !== "stats")).toEqual(["gap", "chat", "chat"]);
});
