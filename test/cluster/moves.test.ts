// Guards: a room that moves between processes is collected once and in order, two owners are fenced, and a gap covers everything missed.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { Collector, sharedByCollectors } from "../../src/collector/collector.js";
import type { LiveEvent, NewEventOf } from "../../src/events/event.js";
import { RateLimiter } from "../../src/runtime/rate-limiter.js";
import { check } from "../../src/store/check.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import { NO_SETTINGS } from "../../src/store/rooms.js";
import type { RoomStore } from "../../src/store/store.js";
import { readAll } from "../contracts/harness.js";
import { idOf } from "../fact-id.js";
import { Lockstep } from "../faults/lockstep.js";
import { RID, SCENARIO } from "../faults/struck.js";
import { reachAt } from "../platform/access/reach.js";

let clock: Lockstep;
let simulator: Simulator;
let store: RoomStore;
/** The process that has the room's lease. */
let owner: number;
const collectors: Collector[] = [];

beforeEach(async () => {
  clock = new Lockstep();
  simulator = await startSimulator({ clock, rooms: [SCENARIO], rateFactor: 20 });
  store = openMemoryStore({ maxEventsPerRoom: 100_000 });
});
afterEach(async () => {
  await Promise.all(collectors.splice(0).map((one) => one.stop()));
  clock.stop();
  await store.close();
  await simulator.close();
});

/** Another process begins to collect the room. */
async function begin(member: number, reached: RoomStore = store): Promise<Collector> {
  owner = member;
  const claim = async (room: number) => (owner === member ? store.rooms.claim(room) : null);
  const room = await store.rooms.find({ kind: "web_rid", value: RID });
  const row = room === null ? null : await store.rooms.get(room);
  const setAside = ({ type }: Pick<LiveEvent, "type">, error: unknown) => {
    if (type !== "state") throw error; // how it fared while nothing was stored is told by no one once the room is another's
  };
  const parts = { ...reachAt(simulator.url), store: reached, clock, pollMs: 5000, setAside };
  const shared = sharedByCollectors(parts, {
    requests: new RateLimiter(clock, { perSecond: 50, burst: 50 }),
    connects: new RateLimiter(clock, { perSecond: 50, burst: 50 }),
    held: { bytes: 0, maxBytes: 64_000_000 },
  });
  const collector = new Collector({ kind: "web_rid", value: RID }, parts, shared, NO_SETTINGS, row, { claim });
  collectors.push(collector);
  void collector.run();
  return collector;
}

async function events(): Promise<readonly LiveEvent[]> {
  const room = await store.rooms.find({ kind: "web_rid", value: RID });
  return room === null ? [] : (await readAll(store.log, room)).events;
}

/** A store whose writes wait while it is stuck, as those of a process that was stopped by SIGSTOP: they are written when it goes on. */
function stuckStore() {
  let stuck = false;
  let goOn = () => {};
  const going = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  /** What was answered to appends that had waited. */
  const late: unknown[] = [];
  const slow = <T extends object>(part: T, writes: string): T =>
    new Proxy(part, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== "function") return value;
        if (key !== writes) return value.bind(target);
        return async (...asked: unknown[]) => {
          const wasStuck = stuck;
          if (stuck) await going;
          const answer = await value.apply(target, asked);
          if (wasStuck && writes === "append") late.push(...answer);
          return answer;
        };
      },
    });
  const stick = () => {
    stuck = true;
  };
  return { reached: { ...store, log: slow(store.log, "append"), rooms: slow(store.rooms, "setResume") }, stick, goOn, late };
}

/** What the platform sent is in the log once, in the order in which it was sent. */
async function expectAll(): Promise<void> {
  simulator.rooms.stall(RID);
  await clock.go(3000);
  const stored = await events();
  const { sent } = simulator.truth(RID);
  const chats = sent.interactive.filter(({ kind }) => kind === "chat").map(idOf);
  expect(chats.length).toBeGreaterThan(50);
  const ids = stored.filter(({ type }) => type === "chat").map(({ id }) => id);
  expect(ids).toEqual([...new Set(chats)]);
  const units = (stored.filter(({ type }) => type === "gift") as NewEventOf<"gift">[]).reduce((sum, { delta }) => sum + delta, 0);
  expect(units).toBe(sent.combos.reduce((sum, { total }) => sum + total, 0));
  expect(new Set(stored.map(({ id }) => id)).size).toBe(stored.length);
  expect(await check(store.log)).toEqual([]);
}

const of = async <T extends LiveEvent["type"]>(type: T) =>
  (await events()).filter((event): event is Extract<LiveEvent, { type: T }> => event.type === type);

describe("a room that moves from process to process", { tags: ["full"] }, () => {
  it("six times to and fro under load is collected once and in order, with a gap at each move from the last receipt to the next", async () => {
    let last = await begin(1);
    await clock.until(() => last.health.state === "live", 60_000);
    await clock.go(5000);
    const moved: number[] = [];
    for (let move = 0; move < 6; move++) {
      moved.push(clock.now());
      await last.stop();
      await clock.go(1000);
      last = await begin(2 + move);
      await clock.until(() => last.health.state === "live", 10_000);
      await clock.go(1000);
    }
    await expectAll();
    const gaps = await of("gap");
    expect(gaps).toHaveLength(6);
    for (const [n, { from, to }] of gaps.entries()) {
      expect(from).toBeLessThanOrEqual(moved[n] ?? 0);
      expect(to).toBeGreaterThanOrEqual((moved[n] ?? 0) + 1000);
      expect(to - (from ?? 0)).toBeLessThan(3000);
    }
    expect(simulator.truth(RID).connections.filter(({ closedAt }) => closedAt === null)).toHaveLength(1);
  });

  it("from one that is stuck is fenced: what that one stores late is stored by no process twice, and the gap is stored", {
    tags: ["full"],
  }, async () => {
    const { reached, stick, goOn, late } = stuckStore();
    const first = await begin(1, reached);
    await clock.until(() => first.health.state === "live", 60_000);
    await clock.go(5000);
    stick();
    const since = clock.now();
    await clock.go(45_000);
    const next = await begin(2);
    await clock.until(() => next.health.state === "live", 60_000);
    await clock.go(5000);
    goOn();
    await clock.until(() => first.lost, 10_000);
    expect(late.length).toBeGreaterThan(0);
    for (const appended of late) expect(appended).toMatchObject({ fenced: true });
    const stored = await events();
    expect(new Set(stored.map(({ id }) => id)).size).toBe(stored.length);
    expect(await check(store.log)).toEqual([]);
    const [gap, ...more] = await of("gap");
    expect(more).toEqual([]);
    expect(gap?.from).toBeGreaterThanOrEqual(since - 10_000);
    expect(gap?.to).toBeGreaterThan(since + 40_000);
  });

  it("from one that was killed after a gap was told is missed from then on, and that is told too", async () => {
    const { reached, stick, goOn } = stuckStore();
    const first = await begin(1, reached);
    await clock.until(() => first.health.state === "live", 60_000);
    await clock.go(5000);
    simulator.rooms.cut(RID);
    await clock.until(async () => (await of("gap")).length === 1, 60_000);
    await clock.go(100);
    stick();
    await clock.go(20_000);
    const next = await begin(2);
    await clock.until(() => next.health.state === "live", 60_000);
    const [cut, killed] = await of("gap");
    expect(killed?.from).toBeGreaterThanOrEqual(cut?.to ?? Number.POSITIVE_INFINITY);
    expect((killed?.to ?? 0) - (killed?.from ?? 0)).toBeGreaterThanOrEqual(20_000);
    goOn();
    await clock.until(() => first.lost, 10_000);
  });
});
