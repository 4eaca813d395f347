// Guards: a collector outlasts a database that is away: what it received meanwhile is stored once and in order, and what it missed is a gap.
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { Collector, sharedByCollectors } from "../../src/collector/collector.js";
import type { LiveEvent, NewEventOf } from "../../src/events/event.js";
import { RateLimiter } from "../../src/runtime/rate-limiter.js";
import { check } from "../../src/store/check.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import { NO_SETTINGS, type RoomRow } from "../../src/store/rooms.js";
import type { RoomStore } from "../../src/store/store.js";
import { readAll } from "../contracts/harness.js";
import { idOf } from "../fact-id.js";
import { Lockstep } from "../faults/lockstep.js";
import { RID, SCENARIO } from "../faults/struck.js";
import { reachAt } from "../platform/access/reach.js";
import { Away } from "../store/away.js";

let clock: Lockstep;
let simulator: Simulator;
let store: RoomStore;
let away: Away;
let collector: Collector;
let start: (row: RoomRow | null) => Collector;
const held = { bytes: 0, maxBytes: 64_000_000 };
const errors: unknown[] = [];

beforeEach(async () => {
  clock = new Lockstep();
  simulator = await startSimulator({ clock, rooms: [SCENARIO], rateFactor: 10 });
  store = openMemoryStore({ maxEventsPerRoom: 100_000 });
  away = new Away();
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
    setAside: (_: unknown, error: unknown) => void errors.push(error),
  };
  const shared = () =>
    sharedByCollectors(parts, {
      requests: new RateLimiter(clock, { perSecond: 50, burst: 50 }),
      connects: new RateLimiter(clock, { perSecond: 50, burst: 50 }),
      held,
    });
  const tenure = { claim: (room: number) => reached.rooms.claim(room) };
  start = (row) => {
    const started = new Collector({ kind: "web_rid", value: RID }, parts, shared(), NO_SETTINGS, row, tenure);
    void started.run();
    return started;
  };
  collector = start(null);
  await clock.until(() => collector.health.state === "live", 60_000);
  await clock.go(5000);
});
afterEach(async () => {
  away.back();
  await collector.stop();
  clock.stop();
  await store.close();
  await simulator.close();
  expect(errors.splice(0)).toEqual([]);
});

const events = async (): Promise<readonly LiveEvent[]> => (await readAll(store.log, collector.room ?? 0)).events;
const states = async () => (await events()).flatMap((event) => (event.type === "state" ? event.to : []));
const drained = () => clock.until(() => collector.status()?.evidence.storage.waiting === 0 && collector.health.state !== "stalled", 60_000);

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

it("a database that hangs for 60 s costs nothing: the connection goes on, the state says so, and all frames are stored", {
  tags: ["full"],
}, async () => {
  away.go("hangs");
  await clock.go(30_000);
  expect(collector.health).toMatchObject({ state: "stalled", platformState: "live" });
  expect(collector.status()?.evidence.storage.waiting).toBeGreaterThan(50);
  expect(held.bytes).toBeGreaterThan(10_000);
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
  expect(held.bytes).toBeLessThan(1000);
});

it("a connection that is lost while the database refuses is opened when it is back, and the gap stands in its place", {
  tags: ["full"],
}, async () => {
  away.go("refuses");
  await clock.go(10_000);
  const cutAt = clock.now();
  simulator.rooms.cut(RID);
  await clock.go(20_000);
  expect(collector.health.reason).toContain("what comes is held back: The database cannot be reached");
  away.back();
  await clock.until(() => simulator.truth(RID).connections.length > 1, 30_000);
  await drained();
  await clock.go(5000);
  const stored = await events();
  const [gap, ...more] = stored.filter((event) => event.type === "gap");
  expect(more).toEqual([]);
  expect(Math.abs((gap?.from ?? 0) - cutAt)).toBeLessThan(2000);
  const before = stored.filter(({ seq, source }) => seq < (gap?.seq ?? 0) && source === "websocket");
  const after = stored.filter(({ seq, source }) => seq > (gap?.seq ?? 0) && source === "websocket");
  expect(Math.max(...before.map(({ receivedAt }) => receivedAt))).toBeLessThanOrEqual(gap?.from ?? 0);
  expect(Math.min(...after.map(({ receivedAt }) => receivedAt))).toBeGreaterThanOrEqual(gap?.to ?? 0);
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
  const { from, to } = gaps[0] as NewEventOf<"gap">;
  const heard = stored.filter(({ type }) => type === "chat" || type === "join").map(({ receivedAt }) => receivedAt);
  expect(heard.filter((at) => at > (from ?? 0) && at < to)).toEqual([]);
  expect(heard).toContain(to);
  expect(await check(store.log)).toEqual([]);
});

it("a database that refuses hides no end, and no beginning of the next broadcast", { tags: ["full"] }, async () => {
  const first = simulator.roomId(RID);
  away.go("refuses");
  await clock.go(10_000);
  simulator.rooms.end(RID);
  await clock.go(10_000);
  const second = simulator.rooms.restart(RID);
  await clock.go(10_000);
  away.back();
  await clock.until(() => collector.health.sessionId === second && collector.health.state === "live", 120_000);
  expect(await store.sessions.list(collector.room ?? 0, 10)).toMatchObject([
    { sessionId: second, endedAt: null },
    { sessionId: first, endReason: expect.any(String) },
  ]);
  await expectAll(first ?? "");
});

it("a process that stops while the database is away loses what waits, which is within the gap that the next one records", {
  tags: ["full"],
}, async () => {
  const room = collector.room ?? 0;
  const before = (await events()).filter(({ source }) => source === "websocket").at(-1)?.receivedAt ?? 0;
  away.go("refuses");
  await clock.go(10_000);
  expect(collector.status()?.evidence.storage.waiting).toBeGreaterThan(0);
  let isStopped = false;
  void collector.stop().then(() => {
    isStopped = true;
  });
  await clock.until(() => isStopped, 10_000);
  expect(held.bytes).toBe(0);
  await clock.go(10_000);
  away.back();
  const startedAt = clock.now();
  collector = start(await store.rooms.get(room));
  await clock.until(() => collector.health.state === "live", 60_000);
  await clock.go(3000);
  const gaps = (await events()).flatMap((event) => (event.type === "gap" ? [event] : []));
  expect(gaps).toMatchObject([{ reason: "dylive was not collecting" }]);
  expect(Math.abs((gaps[0]?.from ?? 0) - before)).toBeLessThan(1000);
  expect(gaps[0]?.to).toBeGreaterThanOrEqual(startedAt);
  expect(await check(store.log)).toEqual([]);
});
