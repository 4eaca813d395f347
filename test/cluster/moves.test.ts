// Guards: a room that moves between processes loses nothing, two owners are fenced, and a gap covers everything missed.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { Collector } from "../../src/collector/collector.js";
import { CollectorRegistry } from "../../src/collector/registry.js";
import { ToldAlarms } from "../../src/collector/room-alarm.js";
import type { LiveEvent, NewEventOf } from "../../src/events/event.js";
import { GiftCatalogue } from "../../src/ingest/fill-in.js";
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
/** Who has the room, and who makes ready to take it over. */
let lease: { owner: number; taker: number | null };
/** Whether who has the room tells the others how it is doing. */
let tells: boolean;
const collectors: Collector[] = [];

beforeEach(async () => {
  clock = new Lockstep();
  simulator = await startSimulator({ clock, rooms: [SCENARIO], rateFactor: 20 });
  store = openMemoryStore({ maxEventsPerRoom: 100_000 });
  lease = { owner: 0, taker: null };
  tells = true;
});
afterEach(async () => {
  await Promise.all(collectors.splice(0).map((one) => one.stop()));
  clock.stop();
  await store.close();
  await simulator.close();
});

/** Another process begins to collect the room. */
async function begin(member: number, planned: boolean, reached: RoomStore = store): Promise<Collector> {
  if (planned) lease.taker = member;
  else lease.owner = member;
  const claim = async (room: number) => {
    if (lease.owner !== member && lease.taker !== member) return null;
    lease = { owner: member, taker: null };
    return store.rooms.claim(room);
  };
  const ownerHeardAt = async () => (tells ? (collectors[lease.owner - 1]?.status()?.evidence.lastFrameAt ?? null) : null);
  const room = await store.rooms.find({ kind: "web_rid", value: RID });
  const row = room === null ? null : await store.rooms.get(room);
  const setAside = ({ type }: Pick<LiveEvent, "type">, error: unknown) => {
    if (type !== "state") throw error; // how it fared while nothing was stored is told by no one once the room is another's
  };
  const parts = { ...reachAt(simulator.url), store: reached, clock, pollMs: 5000, setAside };
  const budgets = {
    requests: new RateLimiter(clock, { perSecond: 50, burst: 50 }),
    connects: new RateLimiter(clock, { perSecond: 50, burst: 50 }),
    held: { bytes: 0, maxBytes: 64_000_000 },
    registry: new CollectorRegistry<Collector>(),
    told: new ToldAlarms(reached.log),
    gifts: new GiftCatalogue(reached.gifts),
  };
  const collector = new Collector({ kind: "web_rid", value: RID }, parts, budgets, NO_SETTINGS, row, { claim, planned, ownerHeardAt });
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
  it("six times to and fro under load is collected without a gap, each message once and in order", async () => {
    let last = await begin(1, false);
    await clock.until(() => last.health.state === "live", 60_000);
    await clock.go(5000);
    for (let move = 0; move < 6; move++) {
      const next = await begin(2 + move, true);
      await clock.until(() => lease.owner === 2 + move, 30_000);
      await clock.until(() => last.lost, 10_000);
      await clock.until(() => next.health.state === "live", 10_000);
      await last.stop();
      last = next;
    }
    await expectAll();
    expect(await of("gap")).toEqual([]);
    // A move is no news for those who read the room.
    expect((await of("state")).map(({ to }) => to)).toEqual(["live"]);
    expect(simulator.truth(RID).connections.filter(({ closedAt }) => closedAt === null)).toHaveLength(1);
  });

  it("from one that is stuck is fenced: what that one stores late is stored by nobody twice, and the gap is told", {
    tags: ["full"],
  }, async () => {
    const { reached, stick, goOn, late } = stuckStore();
    const owner = await begin(1, false, reached);
    await clock.until(() => owner.health.state === "live", 60_000);
    await clock.go(5000);
    stick();
    tells = false;
    const since = clock.now();
    await clock.go(45_000);
    const next = await begin(2, true);
    await clock.until(() => next.health.state === "live", 60_000);
    await clock.go(5000);
    goOn();
    await clock.until(() => owner.lost, 10_000);
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

  it("from one whose connection is open but dead says since when nothing was received, however short that is", async () => {
    const owner = await begin(1, false);
    await clock.until(() => owner.health.state === "live", 60_000);
    await clock.go(5000);
    const since = clock.now();
    simulator.rooms.freeze(RID);
    simulator.rooms.freeze(RID, false); // whoever connects from now on is not behind it
    await clock.go(6000);
    await begin(2, true);
    await clock.until(() => lease.owner === 2, 30_000);
    expect(owner.health.state).toBe("live"); // that its heartbeats are not answered it has not found out
    await clock.go(3000);
    const [gap, ...more] = await of("gap");
    expect(more).toEqual([]);
    expect(gap?.from).toBeGreaterThanOrEqual(since - 2000);
    expect(gap?.from).toBeLessThanOrEqual(since);
    expect(gap?.to).toBeGreaterThanOrEqual(since + 6000);
  });

  it("from one that was killed after a gap was told is missed from then on, and that is told too", async () => {
    const { reached, stick, goOn } = stuckStore();
    const owner = await begin(1, false, reached);
    await clock.until(() => owner.health.state === "live", 60_000);
    await clock.go(5000);
    simulator.rooms.cut(RID);
    await clock.until(async () => (await of("gap")).length === 1, 60_000);
    await clock.go(100);
    stick();
    await clock.go(20_000);
    const next = await begin(2, false);
    await clock.until(() => next.health.state === "live", 60_000);
    const [first, second] = await of("gap");
    expect(second?.from).toBeGreaterThanOrEqual(first?.to ?? Number.POSITIVE_INFINITY);
    expect((second?.to ?? 0) - (second?.from ?? 0)).toBeGreaterThanOrEqual(20_000);
    goOn();
    await clock.until(() => owner.lost, 10_000);
  });
});
