// Guards: reading and listing thousands of rooms takes a few rooms at a time.
import { expect, it, onTestFinished } from "vitest";
import { LocalCluster } from "../../src/cluster/local-cluster.js";
import { RoomManager } from "../../src/cluster/room-manager.js";
import type { CollectedRoom } from "../../src/cluster/status-publisher.js";
import { ReadWantedRooms } from "../../src/cluster/wanted-rooms-view.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import type { Rooms } from "../../src/store/rooms.js";
import { FakeClock } from "../clock.js";
import { reachAt } from "../platform/access/reach.js";
import { until } from "../until.js";
import { FakeWantedRooms } from "./fake-wanted-rooms.js";

/** A store with so many rooms on its watch list, and how many rooms it was asked for at a time. */
async function storeOf(count: number) {
  const clock = new FakeClock();
  const store = openMemoryStore({ maxEventsPerRoom: 10, clock });
  onTestFinished(() => store.close());
  for (let i = 0; i < count; i++) {
    const webRid = String(100_000_000 + i);
    await store.rooms.setWatch(await store.rooms.ensure([{ kind: "web_rid", value: webRid }], { webRid }), "on");
  }
  const asked: number[] = [];
  const rooms: Rooms = {
    ...store.rooms,
    list: (which) => {
      asked.push(which?.limit ?? Number.POSITIVE_INFINITY);
      return store.rooms.list(which);
    },
  };
  return { clock, store: { ...store, rooms }, rooms, asked };
}

it("a process that is alone reads its watch list, and begins its rooms, some at a time, and finds each by a step", async () => {
  const { clock, rooms, asked } = await storeOf(2_000);
  const taken: number[] = [];
  const cluster = new LocalCluster(rooms, clock, (changes) => taken.push(changes.taken.length));
  const collected = new Map<string, CollectedRoom>();
  let steps = 0;
  cluster.publisher.start(() => {
    steps++;
    return collected;
  });
  await cluster.sweep(600_000);
  expect(taken).toEqual([50]); // who waits for the list need not wait for the rest
  await until(() => cluster.all().length === 2_000);
  expect([taken.reduce((sum, n) => sum + n), Math.max(...taken), Math.max(...asked)]).toEqual([2_000, 50, 500]);
  steps = 0;
  for (const { room, webRid } of await rooms.list()) expect(cluster.ofRoom(room)?.name.value).toBe(webRid);
  expect(steps).toBeLessThanOrEqual(2 * 2_000);
  expect(cluster.ofRoom(2_001)).toBeUndefined();
  // A name leads to another room by now.
  const [first] = cluster.all();
  collected.set(first?.key ?? "", { collector: { room: 5_000 }, over: false } as unknown as CollectedRoom);
  cluster.publisher.changed([first?.key ?? ""]);
  expect([cluster.ofRoom(5_000), cluster.ofRoom(1)]).toEqual([first, undefined]);
  await cluster.forget(5_000);
  expect([cluster.ofRoom(5_000), cluster.all().length]).toEqual([undefined, 1_999]);
});

it("a process that is alone reads its watch list once, and again only the rooms that it says have changed", async () => {
  const { clock, rooms, asked } = await storeOf(600);
  const lost: string[] = [];
  const taken: string[] = [];
  const cluster = new LocalCluster(rooms, clock, (changes) => {
    lost.push(...changes.lost.map(({ key }) => key));
    taken.push(...changes.taken.map(({ key }) => key));
  });
  await cluster.sweep(600_000);
  await until(() => taken.length === 600);
  asked.splice(0);
  await cluster.sweep(600_000);
  await rooms.setWatch(7, "off");
  await cluster.sweep(600_000, [7]);
  expect(lost).toEqual(["web_rid:100000006"]);
  await rooms.setWatch(7, "on");
  const webRid = "500000000";
  const added = await rooms.ensure([{ kind: "web_rid", value: webRid }], { webRid });
  await rooms.setWatch(added, "on");
  await cluster.sweep(600_000, [7, added]);
  expect(taken.slice(600)).toEqual(["web_rid:100000006", "web_rid:500000000"]);
  expect(asked).toEqual([]);
});

it("the states of all rooms are counted without a look at each of them in the store", async () => {
  const { clock, store, asked } = await storeOf(250);
  const wantedRooms = new FakeWantedRooms(clock);
  const manager = new RoomManager({
    ...{ ...reachAt("http://127.0.0.1:1"), store, wantedRooms, clock, maxOnDemandRooms: 50, onDemandIdleMs: 600_000, onError: () => {} },
    view: new ReadWantedRooms(wantedRooms, clock, () => {}),
  });
  await store.rooms.setWatch(3, "paused");
  const statuses = await manager.statuses();
  expect([statuses.length, statuses.flatMap((status) => status?.state ?? [])]).toEqual([250, ["paused"]]);
  expect(asked).toHaveLength(1); // for those that are paused
});

it("rooms are listed some at a time, all of them and no more than were asked for", async () => {
  const { clock, store, asked } = await storeOf(250);
  const wantedRooms = new FakeWantedRooms(clock);
  const manager = new RoomManager({
    ...{ ...reachAt("http://127.0.0.1:1"), store, wantedRooms, clock, maxOnDemandRooms: 50, onDemandIdleMs: 600_000, onError: () => {} },
    view: new ReadWantedRooms(wantedRooms, clock, () => {}),
  });
  const keys = Array.from({ length: 250 }, (_, i) => i + 1);
  expect((await manager.list()).map(({ row }) => row.room)).toEqual(keys);
  expect(asked).toEqual([100, 100, 100]);
  expect((await manager.list({ after: 10, limit: 101 })).map(({ row }) => row.room)).toEqual(keys.slice(10, 111));
  expect((await manager.list({ limit: 1 })).map(({ row }) => row.room)).toEqual([1]);
  expect(asked.slice(3)).toEqual([100, 1, 1]);
});
