import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LiveEvent, NewEventOf } from "../../src/events/event.js";
import { check } from "../../src/log/check.js";
import { openMemoryStore } from "../../src/log/memory.js";
import { NO_SETTINGS } from "../../src/log/rooms.js";
import type { Store } from "../../src/log/store.js";
import { Budget } from "../../src/rooms/budget.js";
import { Collector } from "../../src/rooms/collector.js";
import { type Simulator, startSimulator } from "../../src/simulator/index.js";
import { Lockstep } from "../faults/lockstep.js";
import { RID, SCENARIO } from "../faults/struck.js";
import { reachAt } from "./reach.js";

let clock: Lockstep;
let simulator: Simulator;
let store: Store;
/** Who has the room, and who makes ready to take it over. */
let lease: { owner: number; taker: number | null };
const collectors: Collector[] = [];

beforeEach(async () => {
  clock = new Lockstep();
  simulator = await startSimulator({ clock, rooms: [SCENARIO], rateFactor: 20 });
  store = openMemoryStore({ maxEventsPerRoom: 100_000 });
  lease = { owner: 0, taker: null };
});
afterEach(async () => {
  await Promise.all(collectors.splice(0).map((one) => one.stop()));
  clock.stop();
  await store.close();
  await simulator.close();
});

/** Another process begins to collect the room. */
async function begin(member: number, planned: boolean, reached: Store = store): Promise<Collector> {
  if (planned) lease.taker = member;
  else lease.owner = member;
  const claim = async (room: number) => {
    if (lease.owner !== member && lease.taker !== member) return null;
    lease = { owner: member, taker: null };
    return store.rooms.claim(room);
  };
  const room = await store.rooms.find({ kind: "web_rid", value: RID });
  const row = room === null ? null : await store.rooms.get(room);
  const setAside = (_event: unknown, error: unknown) => {
    throw error;
  };
  const parts = { ...reachAt(simulator.url), store: reached, clock, pollMs: 5000, setAside };
  const budgets = { requests: new Budget(clock, 50, 50), connects: new Budget(clock, 50, 50) };
  const collector = new Collector({ kind: "web_rid", value: RID }, parts, budgets, NO_SETTINGS, row, { claim, planned });
  collectors.push(collector);
  void collector.run();
  return collector;
}

async function events(): Promise<readonly LiveEvent[]> {
  const room = await store.rooms.find({ kind: "web_rid", value: RID });
  return room === null ? [] : (await store.log.read(room, 0, 100_000)).events;
}

/** What the platform sent is in the log once, in the order in which it was sent. */
async function expectAll(): Promise<void> {
  simulator.rooms.stall(RID);
  await clock.go(3000);
  const stored = await events();
  const { sent } = simulator.truth(RID);
  const chats = sent.interactive.filter(({ kind }) => kind === "chat").map(({ msgId }) => msgId);
  expect(chats.length).toBeGreaterThan(50);
  expect(stored.filter(({ type }) => type === "chat").map(({ id }) => id)).toEqual([...new Set(chats)]);
  const units = (stored.filter(({ type }) => type === "gift") as NewEventOf<"gift">[]).reduce((sum, { delta }) => sum + delta, 0);
  expect(units).toBe(sent.combos.reduce((sum, { total }) => sum + total, 0));
  expect(new Set(stored.map(({ id }) => id)).size).toBe(stored.length);
  expect(await check(store.log)).toEqual([]);
}

const of = async <T extends LiveEvent["type"]>(type: T) =>
  (await events()).filter((event): event is Extract<LiveEvent, { type: T }> => event.type === type);

describe("a room that moves from process to process", () => {
  it("twenty times to and fro under load is collected without a gap, each message once and in order", async () => {
    let last = await begin(1, false);
    await clock.until(() => last.tracker.state === "live", 60_000);
    await clock.go(5000);
    for (let move = 0; move < 20; move++) {
      const next = await begin(2 + move, true);
      await clock.until(() => lease.owner === 2 + move, 30_000);
      await clock.until(() => last.lost, 10_000);
      await clock.until(() => next.tracker.state === "live", 10_000);
      await last.stop();
      last = next;
    }
    await expectAll();
    expect(await of("gap")).toEqual([]);
    // A move is no news for those who read the room.
    expect((await of("state")).map(({ to }) => to)).toEqual(["live"]);
    expect(simulator.truth(RID).connections.filter(({ closedAt }) => closedAt === null)).toHaveLength(1);
  });

  it("goes on where it is while the one that is to take it over cannot connect", async () => {
    const owner = await begin(1, false);
    await clock.until(() => owner.tracker.state === "live", 60_000);
    simulator.rooms.refuse(RID);
    const taker = await begin(2, true);
    await clock.until(() => taker.tracker.state === "blocked", 30_000);
    await clock.go(10_000);
    expect(lease).toEqual({ owner: 1, taker: 2 });
    expect(owner.tracker.state).toBe("live");
    await taker.stop();
    await expectAll();
    expect((await of("state")).map(({ to }) => to)).toEqual(["live"]);
    expect(await of("gap")).toEqual([]);
  });

  it("is taken over at once when it is not live", async () => {
    simulator.rooms.end(RID);
    const owner = await begin(1, false);
    await clock.until(() => owner.tracker.state === "waiting", 60_000);
    await begin(2, true);
    await clock.until(() => lease.owner === 2, 30_000);
    simulator.rooms.restart(RID);
    await clock.until(() => owner.lost, 60_000);
    await clock.until(() => collectors[1]?.tracker.state === "live", 60_000);
    expect((await of("state")).map(({ to }) => to)).toEqual(["waiting", "live"]);
  });

  it("from one that is stuck is fenced: what that one stores late is stored by nobody twice, and the gap is told", async () => {
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    let stuck = false;
    const late: unknown[] = [];
    // Stopped as by SIGSTOP: what it was about to write is written when it goes on.
    const slow = <T extends object>(part: T, writes: string): T =>
      new Proxy(part, {
        get: (target, key) => {
          const value: unknown = Reflect.get(target, key);
          if (typeof value !== "function") return value;
          if (key !== writes) return value.bind(target);
          return async (...asked: unknown[]) => {
            const wasStuck = stuck;
            if (stuck) await opened;
            const answer = await value.apply(target, asked);
            if (wasStuck && writes === "append") late.push(...answer);
            return answer;
          };
        },
      });
    const reached = { ...store, log: slow(store.log, "append"), rooms: slow(store.rooms, "setResume") };
    const owner = await begin(1, false, reached);
    await clock.until(() => owner.tracker.state === "live", 60_000);
    await clock.go(5000);
    stuck = true;
    const since = clock.now();
    await clock.go(45_000);
    const next = await begin(2, true);
    await clock.until(() => next.tracker.state === "live", 60_000);
    await clock.go(5000);
    open();
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
});
