// Guards: a process that stops names the rooms that it leaves behind, and waits for no store without end.
import { expect, it, onTestFinished } from "vitest";
import { startSimulator } from "../../simulator/index.js";
import { LeasedCollectors } from "../../src/cluster/leased-collectors.js";
import type { Assignment, Lease, Membership } from "../../src/store/cluster.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import type { RoomStore } from "../../src/store/store.js";
import { FakeClock, fastClock } from "../clock.js";
import { reachAt } from "../platform/access/reach.js";
import { until } from "../until.js";
import { FakeWantedRooms } from "./fake-wanted-rooms.js";

const RID = "100000002";
/** An assignment of these leases. */
const leased = (...leases: readonly Lease[]): Assignment => ({ leases, uncollected: new Map(), surplus: 0, lapsed: false, jobs: [] });
const leaseOf = (value: string): Lease => ({
  key: `web_rid:${value}`,
  name: { kind: "web_rid", value },
  room: null,
  settings: null,
  how: null,
});
/** Membership of a process that has no others beside it. */
const aloneIn = ({ rooms }: Pick<RoomStore, "rooms">) =>
  ({
    ...{ id: 1, leave: async () => {} },
    claim: (_: string, room: number) => rooms.claim(room),
  }) as unknown as Membership;

it("a process that stops leaves after some seconds, and names, rooms that wait for the log without an end", async () => {
  const clock = fastClock(20);
  const simulator = await startSimulator({ clock });
  const store = openMemoryStore({ maxEventsPerRoom: 10_000 });
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  let hangs = () => {};
  const held = new Promise<void>((resolve) => {
    hangs = resolve;
  });
  let isHeld = false;
  const append: typeof store.log.append = (batches) => (isHeld ? held.then(() => store.log.append(batches)) : store.log.append(batches));
  const log = new Proxy(store.log, { get: (log, key) => (key === "append" ? append : Reflect.get(log, key)) });
  const collectors = new LeasedCollectors({
    ...{ ...reachAt(simulator.url), clock, pollMs: 5000, onDemandIdleMs: 600_000, onError, setAside: onError },
    store: { ...store, log },
    membership: aloneIn(store),
    wantedRooms: new FakeWantedRooms(clock),
  });
  try {
    collectors.start();
    collectors.follow(leased(leaseOf(RID)));
    await until(() => collectors.collected().some(({ state }) => state === "live"));
    isHeld = true;
    await until(() => collectors.collected().some(({ evidence }) => evidence.storage.waiting > 0));
    await collectors.stop();
    expect(errors).toMatchObject([{ code: "stopping", detail: expect.stringMatching(/^1 room .* messages .*: room:1$/) }]);
  } finally {
    hangs();
    await simulator.close();
    await store.close();
  }
});

it("a room whose collector is over is not among those that are collected here", async () => {
  const clock = new FakeClock();
  const simulator = await startSimulator({ clock });
  const store = openMemoryStore({ maxEventsPerRoom: 10_000 });
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const known = await store.rooms.ensure([{ kind: "web_rid", value: "100000001" }]);
  const sessions = new Proxy(store.sessions, {
    get: (all, key) =>
      key === "open"
        ? async (...asked: Parameters<typeof all.open>) => (asked[0] === known ? Promise.reject(new Error("a fault")) : all.open(...asked))
        : Reflect.get(all, key),
  });
  const collectors = new LeasedCollectors({
    ...{ ...reachAt(simulator.url), clock, pollMs: 5000, onDemandIdleMs: 600_000, onError, setAside: onError },
    ...{ store: { ...store, sessions }, membership: aloneIn(store) },
    wantedRooms: new FakeWantedRooms(clock),
  });
  try {
    collectors.start();
    collectors.follow(leased(leaseOf("100000001"), leaseOf(RID)));
    const states = () => collectors.collected().map(({ state }) => state);
    await until(async () => {
      await clock.advance(250);
      return states().includes("live") && states().includes("failed");
    });
  } finally {
    await collectors.stop();
    await simulator.close();
    await store.close();
  }
});

/** Collectors of a process whose platform answers nothing. */
function unanswered() {
  const clock = new FakeClock();
  const store = openMemoryStore({ maxEventsPerRoom: 10, clock });
  const errors: unknown[] = [];
  const collectors = new LeasedCollectors({
    ...{ ...reachAt("http://127.0.0.1:1"), store, clock, pollMs: 5000, onDemandIdleMs: 600_000, setAside: () => {} },
    ...{ onError: (error) => void errors.push(error), wantedRooms: new FakeWantedRooms(clock), membership: aloneIn(store) },
  });
  onTestFinished(async () => {
    await collectors.stop();
    await store.close();
  });
  return { clock, collectors, errors };
}

it("a process says which rooms the cluster gave to others for dead", async () => {
  const { clock, collectors, errors } = unanswered();
  const [one, two, three] = ["1", "2", "3"].map(leaseOf) as [Lease, Lease, Lease];
  collectors.follow(leased(one, two, three));
  await clock.advance(0);
  collectors.follow(leased(two, three));
  expect(errors).toEqual([]);
  collectors.follow({ ...leased(three), lapsed: true });
  expect(errors).toMatchObject([{ code: "not_owner", detail: "the cluster took this process for dead, and leases lapsed: web_rid:2" }]);
});

it("a process above its share releases the rooms that it has had for longest, ten a second, when their collection has ended", async () => {
  const { clock, collectors } = unanswered();
  const leases = Array.from({ length: 30 }, (_, i) => leaseOf(String(100 + i)));
  collectors.follow(leased(...leases));
  await clock.advance(0);
  collectors.follow({ ...leased(...leases), surplus: 15 });
  await clock.advance(100);
  const released = leases.slice(0, 10).map(({ key }) => key);
  expect([collectors.now.released, collectors.held.size]).toEqual([released, 20]);
  collectors.follow({ ...leased(...leases.slice(10)), surplus: 5 });
  await clock.advance(100);
  expect([collectors.now.released, collectors.held.size]).toEqual([[], 20]);
  await clock.advance(900);
  collectors.follow({ ...leased(...leases.slice(10)), surplus: 5 });
  await clock.advance(100);
  expect(collectors.now.released).toEqual(leases.slice(10, 15).map(({ key }) => key));
});

it("a room that was forgotten and is wanted again between two looks is begun anew", async () => {
  const { clock, collectors } = unanswered();
  collectors.follow(leased(leaseOf("1")));
  await clock.advance(0);
  const first = collectors.held.get("web_rid:1");
  collectors.follow(leased(leaseOf("1")));
  expect(collectors.held.get("web_rid:1")).toBe(first);
  collectors.follow(leased({ ...leaseOf("1"), how: "free" }));
  await clock.advance(100);
  expect(collectors.held.get("web_rid:1")).not.toBe(first);
  expect(collectors.takeovers).toEqual({ free: 1, dead: 0 });
});

it("a name that the platform does not know is forgotten after a minute, and not before, and asked for again", async () => {
  const clock = new FakeClock();
  const simulator = await startSimulator({ clock });
  const store = openMemoryStore({ maxEventsPerRoom: 10, clock });
  const forgotten: unknown[] = [];
  const forget = async (what: unknown) => {
    forgotten.push(what);
    throw new Error("away");
  };
  const collectors = new LeasedCollectors({
    ...{ ...reachAt(simulator.url), store, clock, pollMs: 5000, onDemandIdleMs: 600_000, setAside: () => {}, onError: () => {} },
    ...{ membership: aloneIn(store), wantedRooms: { ask: async () => true, sweep: async () => {}, forget } },
  });
  try {
    collectors.follow(leased(leaseOf("999999999")));
    await until(async () => {
      await clock.advance(250);
      return collectors.held.get("web_rid:999999999")?.ending?.why === "no_account";
    });
    await clock.advance(59_000);
    expect(forgotten).toEqual([]);
    await clock.advance(1_000);
    expect(forgotten).toEqual([{ kind: "web_rid", value: "999999999" }]);
    // The store does not take that: the room is begun anew, and asked for again.
    const first = collectors.held.get("web_rid:999999999");
    await until(async () => {
      await clock.advance(250);
      return collectors.held.get("web_rid:999999999") !== first;
    });
  } finally {
    await collectors.stop();
    await simulator.close();
    await store.close();
  }
});
