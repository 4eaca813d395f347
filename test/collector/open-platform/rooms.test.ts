// Guards: each room of an app of the Open Platform is opened once, and the number of rooms is limited.
import { describe, expect, it } from "vitest";
import { OfficialRooms } from "../../../src/collector/open-platform/rooms.js";
import { Drift } from "../../../src/platform/wire/drift.js";
import { DyliveError } from "../../../src/runtime/errors.js";
import { openSqliteStore } from "../../../src/store/sqlite/store.js";
import { FakeClock } from "../../clock.js";

function rooms(limits: { open: number; openedPerHour: number }) {
  const clock = new FakeClock();
  const store = openSqliteStore({ path: ":memory:", clock });
  return { clock, store, rooms: new OfficialRooms({ store, clock, drift: new Drift(), setAside: () => {} }, limits) };
}

describe("rooms of the Open Platform", () => {
  it("are opened once, by whoever asks first", async () => {
    const { rooms: open, store } = rooms({ open: 10, openedPerHour: 10 });
    const [a, b] = await Promise.all([open.of("tt1", "1"), open.of("tt1", "1")]);
    expect(a).toBe(b);
    const other = await open.of("tt2", "1");
    expect(other.room).not.toBe(a.room);
    expect(await store.rooms.aliases(other.room)).toEqual([{ kind: "official", value: "tt2:1" }]);
  });

  it("cannot be made without end", async () => {
    const { rooms: open, clock, store } = rooms({ open: 10, openedPerHour: 3 });
    for (const id of ["1", "2", "3"]) await open.of("tt1", id);
    await expect(open.of("tt1", "4")).rejects.toMatchObject({ code: "too_many_rooms" });
    await open.of("tt1", "3");
    expect(await store.rooms.list()).toHaveLength(3);
    await clock.advance(3_600_000);
    await open.of("tt1", "4");
  });

  it("count once, however often they are tried while the store is away", async () => {
    const { rooms: open, store } = rooms({ open: 10, openedPerHour: 3 });
    const { ensure } = store.rooms;
    store.rooms.ensure = () => Promise.reject(new DyliveError("store_unreachable", "away"));
    for (let n = 0; n < 20; n++) await expect(open.of("tt1", "1")).rejects.toMatchObject({ code: "store_unreachable" });
    store.rooms.ensure = ensure;
    expect((await open.of("tt1", "1")).room).toBeGreaterThan(0);
  });

  it("are opened anew when they are forgotten", async () => {
    const { rooms: open } = rooms({ open: 10, openedPerHour: 10 });
    const before = await open.of("tt1", "1");
    open.forget("tt1", "1");
    expect(await open.of("tt1", "1")).not.toBe(before);
  });

  it("are let go when many others were used since, and opened again", async () => {
    const { rooms: open } = rooms({ open: 2, openedPerHour: 100 });
    const [one, two] = [await open.of("tt1", "1"), await open.of("tt1", "2")];
    expect(await open.of("tt1", "1")).toBe(one);
    await open.of("tt1", "3");
    expect(await open.of("tt1", "1")).toBe(one);
    const again = await open.of("tt1", "2");
    expect(again).not.toBe(two);
    expect(again.room).toBe(two.room);
  });
});
