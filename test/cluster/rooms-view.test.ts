// Guards: the state of a room says the truth about a collector that is away, gone or not yet there.
import { afterEach, describe, expect, it } from "vitest";
import { RoomManager } from "../../src/cluster/room-manager.js";
import { unclaimedStatus } from "../../src/cluster/rooms-view.js";
import { writeReport } from "../../src/collector/report.js";
import { DyliveError } from "../../src/runtime/errors.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import type { RoomStore } from "../../src/store/store.js";
import { SettableClock, yieldToEventLoop } from "../clock.js";
import { SIGNAL } from "../collector/running.js";
import { reachAt } from "../platform/access/reach.js";
import { FakeWantedRooms, noCollectors } from "./fake-wanted-rooms.js";

const KEY = "web_rid:100000002";
let store: RoomStore | undefined;
let rooms: RoomManager | undefined;
afterEach(async () => {
  await rooms?.stop();
  await store?.close();
});

/** Rooms of a cluster in which nobody collects: the test tells what collectors would. */
async function alone() {
  const clock = new SettableClock();
  const own = openMemoryStore({ maxEventsPerRoom: 100, clock });
  const wantedRooms = new FakeWantedRooms(clock);
  const limits = { maxOnDemandRooms: 50, onDemandIdleMs: 600_000 };
  store = own;
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const made = new RoomManager({
    ...reachAt("http://127.0.0.1:1"),
    store: own,
    wantedRooms,
    clock,
    ...limits,
    onError,
    collectors: noCollectors(),
  });
  rooms = made;
  await made.start();
  const room = await own.rooms.ensure([{ kind: "web_rid", value: "100000002" }], { webRid: "100000002" });
  const live = { ...unclaimedStatus(room, clock.now()), state: "live" as const, sessionId: "7" };
  const tell = (over: Partial<typeof live> = {}) =>
    wantedRooms.report(1, [
      {
        key: KEY,
        report: writeReport({ status: { ...live, ...over }, state: live.state, problem: null, reason: "" }),
      },
    ]);
  return { clock, store: own, wantedRooms, rooms: made, room, live, tell, errors };
}

describe("rooms of a cluster", () => {
  it("serves a room that it knows and nobody collects, and says so", async () => {
    const { clock, rooms, room } = await alone();
    const asked = rooms.request("100000002", 5_000, SIGNAL);
    const nobody = rooms.request("100000009", 5_000, SIGNAL).catch((error: unknown) => error);
    await clock.advance(5_100);
    expect(await asked).toMatchObject({
      room,
      status: { state: "resolving", evidence: { reason: expect.stringContaining("no process") } },
    });
    expect(await nobody).toMatchObject({ code: "room_unknown" });
    expect(rooms.status(room)).toBeNull();
  });

  it("answers as soon as a collector tells, and at once from then on", async () => {
    const { clock, rooms, room, wantedRooms, live, tell } = await alone();
    const asked = rooms.request("100000002", 5_000, SIGNAL);
    await clock.advance(100);
    wantedRooms.own(KEY, 1);
    await tell();
    await clock.advance(300);
    expect(await asked).toEqual({ room, onlySession: null, status: live });
    expect(rooms.status(room)).toEqual(live);
    expect(await rooms.request("100000002", 0, SIGNAL)).toMatchObject({ status: live });
  });

  it("tells the truth of a room whose collector is gone", async () => {
    const { clock, rooms, room, wantedRooms, live, tell } = await alone();
    await wantedRooms.ask({ kind: "web_rid", value: "100000002" });
    wantedRooms.own(KEY, 1);
    await tell();
    await clock.advance(300);
    expect(rooms.status(room)).toEqual(live);
    wantedRooms.own(KEY, null);
    await clock.advance(300);
    expect(rooms.status(room)).toMatchObject({
      state: "connecting",
      sessionId: "7",
      evidence: { reason: expect.stringContaining("takes it over") },
    });
    await clock.advance(60_000);
    await wantedRooms.changed();
    await clock.advance(300);
    expect(rooms.status(room)).toMatchObject({ state: "failed", evidence: { reason: expect.stringContaining("no other has taken it") } });
  });

  it("says so while the database is away, and shows for half a minute what it knew", async () => {
    const { clock, rooms, room, wantedRooms, live, tell, errors } = await alone();
    await wantedRooms.ask({ kind: "web_rid", value: "100000002" });
    wantedRooms.own(KEY, 1);
    await tell();
    await clock.advance(300);
    wantedRooms.failure = new DyliveError("store_unreachable", "it is away");
    await expect(rooms.request("100000003", 5_000, SIGNAL)).rejects.toMatchObject({ code: "store_unreachable" });
    await expect(rooms.remove(room)).rejects.toMatchObject({ code: "store_unreachable" });
    await clock.advance(29_000);
    await wantedRooms.changed();
    await clock.advance(300);
    expect(rooms.status(room)).toEqual(live);
    expect(errors.length).toBeGreaterThan(0);
    await clock.advance(1_000);
    expect(rooms.status(room)).toBeNull();
    wantedRooms.failure = null;
    await wantedRooms.changed();
    await clock.advance(300);
    expect(rooms.status(room)).toEqual(live);
  });

  it("gives a caller up who has gone", async () => {
    const { rooms } = await alone();
    const gone = new AbortController();
    const asked = rooms.request("100000009", 5_000, gone.signal);
    await yieldToEventLoop();
    gone.abort();
    await expect(asked).rejects.toMatchObject({ code: "room_unknown" });
  });
});
