// Guards: a collector goes on while the database is away, and nothing that it received is lost, doubled or out of order.
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { Collector } from "../../src/collector/collector.js";
import { CollectorRegistry } from "../../src/collector/registry.js";
import { ToldAlarms } from "../../src/collector/room-alarm.js";
import type { LiveEvent, NewEventOf } from "../../src/events/event.js";
import { GiftCatalogue } from "../../src/ingest/fill-in.js";
import { Spool } from "../../src/ingest/spool.js";
import { RateLimiter } from "../../src/runtime/rate-limiter.js";
import { check } from "../../src/store/check.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import { NO_SETTINGS } from "../../src/store/rooms.js";
import type { RoomStore } from "../../src/store/store.js";
import { readAll } from "../contracts/harness.js";
import { idOf } from "../fact-id.js";
import { Lockstep } from "../faults/lockstep.js";
import { RID, SCENARIO } from "../faults/struck.js";
import { Away, MemorySpooled } from "../ingest/spooled-room.js";
import { reachAt } from "../platform/access/reach.js";
import { useDirectory } from "../store/directory.js";

const file = useDirectory();
let clock: Lockstep;
let simulator: Simulator;
let store: RoomStore;
let away: Away;
let spool: Spool;
let collector: Collector;
/** Whether it has no room for anything. */
let isFull = false;
const errors: unknown[] = [];

beforeEach(async () => {
  isFull = false;
  clock = new Lockstep();
  simulator = await startSimulator({ clock, rooms: [SCENARIO], rateFactor: 10 });
  store = openMemoryStore({ maxEventsPerRoom: 100_000 });
  away = new Away();
  const onError = (error: unknown) => void errors.push(error);
  spool = new Spool({ folder: file("spool"), clock, maxBytes: 1e9, spooled: new MemorySpooled(), onError });
  const enter = spool.enter.bind(spool);
  spool.enter = (room) => {
    const place = enter(room);
    const [put, read, remove, close] = [place.put.bind(place), place.read.bind(place), place.remove.bind(place), place.close.bind(place)];
    place.read = async function* (waiting, signal) {
      const batches = read(waiting, signal);
      for (let next = await clock.during(batches.next()); !next.done; next = await clock.during(batches.next())) yield next.value;
    };
    place.remove = (waiting) => clock.during(remove(waiting));
    place.close = () => clock.during(close());
    place.put = (batch, broadcast) => (isFull ? Promise.resolve("no room") : clock.during(put(batch, broadcast)));
    return place;
  };
  const { log, rooms, sessions, retention } = store;
  const reached: RoomStore = {
    ...store,
    ...{ log: away.from(log), rooms: away.from(rooms), sessions: away.from(sessions), retention: away.from(retention) },
  };
  const parts = {
    ...reachAt(simulator.url),
    store: reached,
    clock,
    pollMs: 1000, // the 15 messages that im/fetch brings must reach back to the beginning of a broadcast
    spool,
    setAside: (_: unknown, error: unknown) => onError(error),
  };
  const budgets = {
    requests: new RateLimiter(clock, { perSecond: 50, burst: 50 }),
    connects: new RateLimiter(clock, { perSecond: 50, burst: 50 }),
    held: { bytes: 0 },
    registry: new CollectorRegistry<Collector>(),
    told: new ToldAlarms(reached.log),
    gifts: new GiftCatalogue(reached.gifts),
  };
  const tenure = { claim: (room: number) => reached.rooms.claim(room), planned: false, ownerHeardAt: async () => null };
  collector = new Collector({ kind: "web_rid", value: RID }, parts, budgets, NO_SETTINGS, null, tenure);
  void collector.run();
  await clock.until(() => collector.health.state === "live", 60_000);
  await clock.go(5000);
});
afterEach(async () => {
  away.back();
  await collector.stop();
  await spool.close();
  clock.stop();
  await store.close();
  await simulator.close();
  expect(errors.splice(0)).toEqual([]);
});

const events = async (): Promise<readonly LiveEvent[]> => (await readAll(store.log, collector.room ?? 0)).events;
const states = async () => (await events()).flatMap((event) => (event.type === "state" ? event.to : []));
const drained = () => clock.until(() => spool.bytes === 0 && !collector.health.reason.includes("spool"), 60_000);

/** What was sent of a broadcast is stored. */
async function expectAll(id: string): Promise<void> {
  const stored = await events();
  const { sent } = simulator.truth(id);
  const chats = sent.interactive.filter(({ kind }) => kind === "chat").map(idOf);
  const session = stored.filter(({ sessionId }) => sessionId === simulator.truth(id).roomId);
  expect(chats.length).toBeGreaterThan(20);
  expect(session.filter(({ type }) => type === "chat").map(({ id: one }) => one)).toEqual([...new Set(chats)]);
  const units = (session.filter(({ type }) => type === "gift") as NewEventOf<"gift">[]).reduce((sum, { delta }) => sum + delta, 0);
  expect(units).toBe(sent.combos.reduce((sum, { total }) => sum + total, 0));
  expect(await check(store.log)).toEqual([]);
}

it("a database that hangs for 60 s costs nothing: the connection goes on, the state says where frames are, and all of them are stored", {
  tags: ["full"],
}, async () => {
  away.go("hangs");
  await clock.go(30_000);
  expect(collector.health).toMatchObject({ state: "stalled", platformState: "live" });
  expect(collector.status()?.evidence.storage.waiting).toBeGreaterThan(50);
  expect(collector.health.reason).toContain("held in the spool since");
  expect(clock.now() - (collector.health.lastInteractiveAt ?? 0)).toBeLessThan(10_000);
  expect(spool.bytes).toBeGreaterThan(10_000);
  await clock.go(30_000);
  away.back();
  await drained();
  await clock.go(5000);
  simulator.rooms.stall(RID);
  await clock.go(3000);
  await expectAll(RID);
  expect(simulator.truth(RID).connections).toHaveLength(1);
  expect((await events()).filter(({ type }) => type === "gap")).toEqual([]);
  expect(await states()).toEqual(["live", "stalled", "live"]);
  expect(collector.status()?.evidence.storage).toMatchObject({ waiting: 0, waitingSince: null });
});

it("a database that refuses keeps nobody from connecting again, nor the gap from being told in its place", { tags: ["full"] }, async () => {
  away.go("refuses");
  await clock.go(10_000);
  simulator.rooms.cut(RID);
  await clock.until(() => simulator.truth(RID).connections.length > 1, 30_000);
  await clock.go(20_000);
  away.back();
  await drained();
  const stored = await events();
  const [gap, ...more] = stored.filter((event) => event.type === "gap");
  expect(more).toEqual([]);
  const before = stored.filter(({ seq, source }) => seq < (gap?.seq ?? 0) && source === "websocket");
  const after = stored.filter(({ seq, source }) => seq > (gap?.seq ?? 0) && source === "websocket");
  expect(Math.max(...before.map(({ receivedAt }) => receivedAt))).toBeLessThanOrEqual(gap?.receivedAt ?? 0);
  expect(Math.min(...after.map(({ receivedAt }) => receivedAt))).toBeGreaterThanOrEqual(gap?.receivedAt ?? 0);
  expect(await check(store.log)).toEqual([]);
});

it("a database that hangs lets a silence end before who is heard again, once", { tags: ["full"] }, async () => {
  simulator.rooms.stall(RID);
  await clock.until(() => simulator.truth(RID).connections.length > 1, 120_000);
  await clock.go(5000);
  away.go("hangs");
  await clock.go(10_000);
  simulator.rooms.stall(RID, false);
  await clock.go(10_000);
  away.back();
  await drained();
  await clock.go(5000);
  const stored = await events();
  const gaps = stored.filter((event) => event.type === "gap");
  expect(gaps).toMatchObject([{ reason: expect.stringContaining("open but silent") }]);
  const chats = stored.filter(({ type }) => type === "chat" || type === "join");
  const [before, after] = [chats.findLast(({ seq }) => seq < (gaps[0]?.seq ?? 0)), chats.find(({ seq }) => seq > (gaps[0]?.seq ?? 0))];
  expect(before?.receivedAt).toBeLessThanOrEqual(gaps[0]?.from ?? 0);
  expect(after?.receivedAt).toBe(gaps[0]?.to);
  expect(await check(store.log)).toEqual([]);
});

it("a database that refuses hides no end, and no beginning of the next broadcast", { tags: ["full"] }, async () => {
  const first = simulator.roomId(RID);
  away.go("refuses");
  await clock.go(10_000);
  simulator.rooms.end(RID);
  await clock.until(() => collector.health.state === "waiting", 60_000);
  const second = simulator.rooms.restart(RID);
  await clock.until(() => collector.health.platformState === "live", 60_000);
  await clock.go(10_000);
  away.back();
  await drained();
  await clock.go(5000);
  simulator.rooms.stall(RID);
  await clock.go(3000);
  expect(await states()).toEqual(["live", "stalled", "ended", "waiting", "stalled", "live"]);
  expect(await store.sessions.list(collector.room ?? 0, 10)).toMatchObject([
    { sessionId: second, endedAt: null },
    { sessionId: first, endReason: "announced" },
  ]);
  await expectAll(first ?? "");
  await expectAll(second);
});

it("what came while the spool had no room is in few gaps, without a hole between them", { tags: ["full"] }, async () => {
  away.go("refuses");
  await clock.go(5000);
  isFull = true;
  const from = clock.now();
  await clock.go(30_000);
  isFull = false;
  const to = clock.now();
  await clock.go(5000);
  away.back();
  await drained();
  const gaps = (await events()).flatMap((event) => (event.type === "gap" ? [event] : []));
  expect(gaps.length).toBeLessThan(10); // an answer to a heartbeat ends one
  expect(gaps[0]?.from).toBeLessThanOrEqual(from);
  expect(gaps.at(-1)?.to).toBeGreaterThanOrEqual(to);
  const holes = gaps.slice(1).filter((gap, n) => (gap.from ?? 0) > (gaps[n]?.to ?? 0));
  expect(holes).toEqual([]);
});
