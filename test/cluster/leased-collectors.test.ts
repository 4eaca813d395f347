// Guards: a process that stops names the rooms that it leaves behind, and waits for no store without end.
import { expect, it } from "vitest";
import { startSimulator } from "../../simulator/index.js";
import { LeasedCollectors } from "../../src/cluster/leased-collectors.js";
import type { Lease, Membership } from "../../src/store/cluster.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import type { RoomStore } from "../../src/store/store.js";
import { FakeClock, fastClock } from "../clock.js";
import { reachAt } from "../platform/access/reach.js";
import { until } from "../until.js";
import { FakeWantedRooms } from "./fake-wanted-rooms.js";

const RID = "100000002";
const KEY = `web_rid:${RID}`;
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
    const lease = { key: KEY, name: { kind: "web_rid", value: RID }, room: null, watched: true, settings: null, how: "free" } as const;
    collectors.change({ taken: [lease], changed: [], lost: [], surplus: [] });
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
    const leaseOf = (value: string): Lease => ({
      ...{ key: `web_rid:${value}`, name: { kind: "web_rid", value }, room: null, watched: true, settings: null, how: "free" },
    });
    collectors.change({ taken: ["100000001", RID].map(leaseOf), changed: [], lost: [], surplus: [] });
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

it("a process says which rooms the cluster gave to others for dead", async () => {
  const clock = fastClock(100);
  const store = openMemoryStore({ maxEventsPerRoom: 10 });
  const away = { ...store.rooms, find: () => Promise.reject(new Error("away")) } as unknown as typeof store.rooms;
  const errors: unknown[] = [];
  const collectors = new LeasedCollectors({
    ...{ ...reachAt("http://127.0.0.1:1"), store: { ...store, rooms: away }, clock, pollMs: 5000, onDemandIdleMs: 600_000 },
    ...{ onError: (error) => void errors.push(error), setAside: () => {}, wantedRooms: new FakeWantedRooms(clock) },
    membership: { id: 1, leave: async () => {} } as unknown as Membership,
  });
  const lease = (value: string) =>
    ({ key: `web_rid:${value}`, name: { kind: "web_rid", value }, room: null, watched: true, settings: null, how: "free" }) as const;
  collectors.change({ taken: ["1", "2", "3"].map(lease), changed: [], lost: [], surplus: [] });
  collectors.change({ taken: [], changed: [], lost: [{ key: "web_rid:1", uncollected: null }], surplus: [], silentMs: 13_480 });
  expect(errors).toMatchObject([
    { code: "not_owner", detail: "the cluster took this process for dead (not heard of for 13.5 s), and leases lapsed: web_rid:1" },
  ]);
  await collectors.stop();
  await store.close();
  expect(errors).toHaveLength(1);
});
