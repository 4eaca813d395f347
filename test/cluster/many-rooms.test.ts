// Guards: reading and listing thousands of rooms takes a few rooms at a time.
import { expect, it, onTestFinished } from "vitest";
import type { CollectedRoom } from "../../src/cluster/leased-collectors.js";
import { LocalRooms } from "../../src/cluster/local-rooms.js";
import { RoomManager } from "../../src/cluster/room-manager.js";
import type { Changes } from "../../src/store/cluster.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import type { Rooms } from "../../src/store/rooms.js";
import { FakeClock } from "../clock.js";
import { reachAt } from "../platform/access/reach.js";
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

it("a process that is alone reads its watch list, and begins its rooms, some at a time", async () => {
  const { clock, rooms, asked } = await storeOf(2_000);
  const collected = new Map<string, CollectedRoom>();
  let [taken, most, inTurn] = [0, 0, 0];
  const local = new LocalRooms({
    ...{ rooms, clock, collected: () => collected },
    onChanges: (changes) => {
      if (inTurn === 0)
        setImmediate(() => {
          inTurn = 0;
        });
      inTurn += changes.taken.length;
      taken += changes.taken.length;
      most = Math.max(most, inTurn);
    },
  });
  await local.sweep(600_000);
  expect([taken, most <= 50, Math.max(...asked)]).toEqual([2_000, true, 500]);
});

it("a room is forgotten by the name that leads to it by now", async () => {
  const { clock, rooms } = await storeOf(2);
  const collected = new Map<string, CollectedRoom>();
  const lost: string[] = [];
  const onChanges = (changes: Changes) => lost.push(...changes.lost.map(({ key }) => key));
  const local = new LocalRooms({ rooms, clock, collected: () => collected, onChanges });
  await local.sweep(600_000);
  collected.set("web_rid:100000000", { collector: { room: 5_000, health: { state: "live" } }, over: false } as unknown as CollectedRoom);
  await local.forget(1);
  expect(lost).toEqual([]);
  await local.forget(5_000);
  expect(lost).toEqual(["web_rid:100000000"]);
});

it("a process that is alone reads its watch list once, and again only the rooms that it says have changed", async () => {
  const { clock, rooms, asked } = await storeOf(600);
  const lost: string[] = [];
  const taken: string[] = [];
  const local = new LocalRooms({
    ...{ rooms, clock, collected: () => new Map() },
    onChanges: (changes) => {
      lost.push(...changes.lost.map(({ key }) => key));
      taken.push(...changes.taken.map(({ key }) => key));
    },
  });
  await local.sweep(600_000);
  expect(taken).toHaveLength(600);
  asked.splice(0);
  await local.sweep(600_000);
  await rooms.setWatch(7, "off");
  await local.sweep(600_000, [7]);
  expect(lost).toEqual(["web_rid:100000006"]);
  await rooms.setWatch(7, "on");
  const webRid = "500000000";
  const added = await rooms.ensure([{ kind: "web_rid", value: webRid }], { webRid });
  await rooms.setWatch(added, "on");
  await local.sweep(600_000, [7, added]);
  expect(taken.slice(600)).toEqual(["web_rid:100000006", "web_rid:500000000"]);
  expect(asked).toEqual([]);
});

it("the states of all rooms are counted without a look at each of them in the store", async () => {
  const { clock, store, asked } = await storeOf(250);
  const wantedRooms = new FakeWantedRooms(clock);
  const manager = new RoomManager({
    ...{ ...reachAt("http://127.0.0.1:1"), store, wantedRooms, clock, maxOnDemandRooms: 50, onDemandIdleMs: 600_000, onError: () => {} },
    ...{ shared: wantedRooms, collectors: null },
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
    ...{ shared: wantedRooms, collectors: null },
  });
  const keys = Array.from({ length: 250 }, (_, i) => i + 1);
  expect((await manager.list()).map(({ row }) => row.room)).toEqual(keys);
  expect(asked).toEqual([100, 100, 100]);
  expect((await manager.list({ after: 10, limit: 101 })).map(({ row }) => row.room)).toEqual(keys.slice(10, 111));
  expect((await manager.list({ limit: 1 })).map(({ row }) => row.room)).toEqual([1]);
  expect(asked.slice(3)).toEqual([100, 1, 1]);
});
