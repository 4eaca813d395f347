// Guards: reading and listing thousands of rooms takes a few rooms at a time.
import { expect, it, onTestFinished } from "vitest";
import { LocalRooms } from "../../src/cluster/local-rooms.js";
import { RoomManager } from "../../src/cluster/room-manager.js";
import type { Collector } from "../../src/collector/collector.js";
import type { Assignment } from "../../src/store/cluster.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import type { Rooms } from "../../src/store/rooms.js";
import { FakeClock } from "../clock.js";
import { reachAt } from "../platform/access/reach.js";
import { FakeWantedRooms, noCollectors } from "./fake-wanted-rooms.js";

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

/** Local rooms, and the leases that they handed out last. */
function localRooms({ clock, rooms }: Pick<Awaited<ReturnType<typeof storeOf>>, "clock" | "rooms">) {
  const held = new Map<string, Collector>();
  const last: { assignment: Assignment | null } = { assignment: null };
  const follow = (assignment: Assignment) => {
    last.assignment = assignment;
  };
  const local = new LocalRooms({ rooms, clock, collectors: () => ({ held, follow }) });
  return { local, held, keys: () => last.assignment?.leases.map(({ key }) => key) ?? [], gone: () => last.assignment?.uncollected };
}

it("a process that is alone reads its watch list some rooms at a time, and follows its changes", async () => {
  const { rooms, clock, asked } = await storeOf(600);
  const { local, keys, gone } = localRooms({ rooms, clock });
  await local.sweep(600_000);
  expect([keys().length, Math.max(...asked)]).toEqual([600, 500]);
  await rooms.setWatch(7, "off");
  await rooms.setWatch(8, "paused");
  await local.sweep(600_000);
  expect([keys().length, keys().includes("web_rid:100000006"), gone()]).toEqual([
    598,
    false,
    new Map([
      [7, "unwanted"],
      [8, "paused"],
    ]),
  ]);
  await rooms.setWatch(7, "on");
  await local.sweep(600_000);
  expect(keys()).toContain("web_rid:100000006");
});

it("a room is forgotten by the name that leads to it by now", async () => {
  const { local, held, keys } = localRooms(await storeOf(2));
  await local.sweep(600_000);
  held.set("web_rid:100000000", { room: 5_000, health: { state: "live" } } as unknown as Collector);
  await local.forget(1);
  expect(keys()).toEqual(["web_rid:100000000", "web_rid:100000001"]);
  await local.forget(5_000);
  expect(keys()).toEqual(["web_rid:100000001"]);
});

it("rooms are listed some at a time, all of them and no more than were asked for", async () => {
  const { clock, store, asked } = await storeOf(250);
  const wantedRooms = new FakeWantedRooms(clock);
  const manager = new RoomManager({
    ...{ ...reachAt("http://127.0.0.1:1"), store, wantedRooms, clock, maxOnDemandRooms: 50, onDemandIdleMs: 600_000, onError: () => {} },
    collectors: noCollectors(),
  });
  const keys = Array.from({ length: 250 }, (_, i) => i + 1);
  expect((await manager.list()).map(({ row }) => row.room)).toEqual(keys);
  expect(asked).toEqual([100, 100, 100]);
  expect((await manager.list({ after: 10, limit: 101 })).map(({ row }) => row.room)).toEqual(keys.slice(10, 111));
  expect((await manager.list({ limit: 1 })).map(({ row }) => row.room)).toEqual([1]);
  expect(asked.slice(3)).toEqual([100, 1, 1]);
});
