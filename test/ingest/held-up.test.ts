// Guards: a room whose messages the log does not take is stalled within seconds, and live again by itself.
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { RoomManager } from "../../src/cluster/room-manager.js";
import type { RoomStatus } from "../../src/health/state.js";
import { DyliveError } from "../../src/runtime/errors.js";
import type { RoomBatch } from "../../src/store/log.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import type { RoomStore } from "../../src/store/store.js";
import { ALIKE, unlike } from "../cluster/truth.js";
import { SIGNAL } from "../collector/running.js";
import { Lockstep } from "../faults/lockstep.js";
import { RID, SCENARIO } from "../faults/struck.js";
import { reachAt } from "../platform/access/reach.js";

let clock: Lockstep;
let simulator: Simulator;
let store: RoomStore;
let rooms: RoomManager;
let room = 0;
/** What every append is put through first. */
let before: (batches: readonly RoomBatch[]) => Promise<void> = async () => {};

beforeEach(async () => {
  clock = new Lockstep();
  simulator = await startSimulator({ clock, start: clock.now(), rooms: [SCENARIO], rateFactor: 20 });
  store = openMemoryStore({ maxEventsPerRoom: 100_000 });
  const { log } = store;
  const append: typeof log.append = async (batches) => {
    await before(batches);
    return log.append(batches);
  };
  const slow = new Proxy(log, {
    get: (target, name) => (name === "append" ? append : (Reflect.get(target, name).bind?.(target) ?? Reflect.get(target, name))),
  });
  const setAside = (_: unknown, error: unknown) => {
    throw error;
  };
  rooms = RoomManager.alone({
    ...{ ...reachAt(simulator.url), store: { ...store, log: slow }, clock, setAside, onError: () => {} },
    ...{ pollMs: 5000, maxOnDemandRooms: 50, onDemandIdleMs: 600_000 },
  });
  const asked = rooms.request(RID, 60_000, SIGNAL).then((found) => {
    room = found.room;
  });
  await clock.until(() => rooms.collected()[0]?.state === "live", 60_000);
  await asked;
  await clock.go(3000);
});
afterEach(async () => {
  before = async () => {};
  let stopped = false;
  void rooms.stop().then(() => {
    stopped = true;
  });
  await clock.until(() => stopped, 10_000);
  clock.stop();
  await store.close();
  await simulator.close();
});

const status = (): RoomStatus => {
  const told = rooms.status(room);
  if (told === null) throw new Error("the room is collected");
  return told;
};
const told = async () => {
  const { events } = await store.log.readRoom(room, 0, 100_000, { types: ["state"] });
  return events.flatMap((event) => (event.type === "state" ? [event.to] : []));
};
const expectAll = async () => {
  simulator.rooms.stall(RID);
  await clock.go(3000);
  expect(await unlike(simulator, store, room, RID)).toEqual([ALIKE, expect.any(Number)]);
};

it("a room whose messages the log takes as they come is live, and nothing of it waits", async () => {
  await clock.go(10_000);
  const { state, evidence } = status();
  expect(state).toBe("live");
  expect(evidence.storage).toMatchObject({ waiting: 0, waitingSince: null });
  // Welcome and introduction came with the first fetch: they are in no rate.
  expect(evidence.storage.received).toBe(Object.values(evidence.counts).reduce((sum, n) => sum + n, 2));
  expect(evidence.storage.stored).toBeGreaterThan(20);
  expect(clock.now() - (evidence.storage.lastStoredAt ?? 0)).toBeLessThan(5000);
});

it.each([
  ["refuses", () => Promise.reject(new DyliveError("disk_full", "no space left")), "the store takes nothing now"],
  ["hangs", (goesOn: Promise<void>) => goesOn, "messages come in and are not stored"],
] as const)("a room whose log %s is stalled within seconds, however live it is, and live again by itself", async (_, hold, why) => {
  let back = () => {};
  const goesOn = new Promise<void>((resolve) => {
    back = resolve;
  });
  before = () => hold(goesOn);
  const since = clock.now();
  await clock.until(() => status().state === "stalled", 10_000);
  expect(clock.now() - since).toBeLessThan(8000);
  await clock.until(() => status().evidence.reason.includes(why), 10_000);
  const first = status().evidence.storage;
  await clock.go(5000);
  const { evidence } = status();
  expect(evidence.storage.stored).toBe(first.stored);
  expect(evidence.storage.received).toBeGreaterThan(first.received);
  expect(evidence.storage.waiting).toBeGreaterThan(first.waiting);
  expect(evidence.storage.waitingSince).toBe(first.waitingSince);
  expect(clock.now() - (evidence.lastFrameAt ?? 0)).toBeLessThan(5000);
  before = async () => {};
  back();
  await clock.until(() => status().state === "live", 10_000);
  await clock.go(2000);
  expect(status().evidence.storage).toMatchObject({ waiting: 0, waitingSince: null });
  await expectAll();
  expect(await told()).toEqual(["live", "stalled", "live"]);
});

it("a log that takes a second and a half for each append is no reason to doubt the room", async () => {
  before = () => clock.sleep(1500);
  await clock.go(4000);
  const states = new Set<string>();
  for (let second = 0; second < 10; second++) {
    await clock.go(1000);
    states.add(status().state);
  }
  before = async () => {};
  expect([...states]).toEqual(["live"]);
});

it("messages that are known already are stored: nothing waits, and the room is no less live", async () => {
  simulator.rooms.repeat(RID, 15);
  await clock.go(7000);
  expect(status()).toMatchObject({ state: "live", evidence: { storage: { waiting: 0 }, drops: { duplicate: expect.any(Number) } } });
});

it("what is received while the announcement of the end is being stored is stored before the connection is closed", async () => {
  let goOn = () => {};
  const released = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let held = false;
  before = async ([batch]) => {
    if (!batch?.events.some(({ type }) => type === "control")) return;
    held = true;
    await released;
  };
  simulator.rooms.send(RID, "WebcastControlMessage", { action: 3 });
  await clock.until(() => held, 5000);
  await clock.go(4000); // late messages of a broadcast that is over are its messages still
  simulator.rooms.end(RID, "unsaid");
  before = async () => {};
  goOn();
  await clock.until(() => status().state === "waiting", 60_000);
  expect(await unlike(simulator, store, room, RID)).toEqual([ALIKE, expect.any(Number)]);
  expect((await store.log.readRoom(room, 0, 100_000, { types: ["gap"] })).events).toEqual([]);
});
