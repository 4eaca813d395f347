// Guards: a low disk is said once, and again only after it was well.
import { describe, expect, it, onTestFinished } from "vitest";
import { DiskWatch } from "../../src/retention/disk-watch.js";
import { SYSTEM_ROOM, tellSystem } from "../../src/store/log.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { FakeClock } from "../clock.js";

const MB = 1_000_000;

function watched(parts: Partial<ConstructorParameters<typeof DiskWatch>[0]> = {}) {
  const clock = new FakeClock();
  const store = openSqliteStore({ path: ":memory:" });
  const disk = { free: 5000 * MB, fails: false };
  const well: number[] = [];
  const errors: unknown[] = [];
  const watch = new DiskWatch({
    folder: "/data",
    lowBytes: 1024 * MB,
    clock,
    freeBytesOf: async () => {
      if (disk.fails) throw new Error("no such disk");
      return disk.free;
    },
    tell: (news) => tellSystem(store, news, clock.now()),
    onWell: (free) => well.push(free),
    onError: (error) => errors.push(String(error)),
    ...parts,
  });
  onTestFinished(() => watch.stop());
  watch.start();
  const passed = async (minutes: number, free: number) => {
    disk.free = free;
    for (let n = 0; n < minutes; n++) {
      await clock.advance(60_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const told = async () =>
    (await store.log.readRoom(SYSTEM_ROOM, 0, 100)).events.map((event) => event.type === "system" && [event.kind, event.text]);
  return { watch, disk, passed, told, well, errors };
}

describe("the watch over the disk", () => {
  it("tells the system's room once when the disk becomes low, and again only after it was well", async () => {
    const { watch, passed, told, well, errors } = watched();
    await passed(3, 1024 * MB);
    expect([await told(), watch.freeBytes]).toEqual([[], 1024 * MB]);
    await passed(5, 700 * MB);
    expect(await told()).toEqual([
      ["disk.low", expect.stringMatching(/^the disk of \/data has 700 MB left, less than 1024 MB: make room/)],
    ]);
    await passed(2, 1100 * MB);
    await passed(2, 900 * MB);
    expect([(await told()).length, well]).toEqual([1, []]);
    await passed(2, 1200 * MB);
    await passed(2, 900 * MB);
    expect([(await told()).length, well, errors]).toEqual([2, [1200 * MB], []]);
  });

  it("tells again what could not be stored, says what fails, and goes on", async () => {
    let stored = 0;
    const tell = async () => {
      if (++stored < 3) throw new Error("the disk is full");
    };
    const { disk, passed, watch, errors } = watched({ tell });
    await passed(1, 1);
    await passed(4, 5000 * MB);
    expect([stored, errors]).toEqual([3, ["Error: the disk is full", "Error: the disk is full"]]);
    disk.fails = true;
    await passed(1, 1);
    expect(errors.at(-1)).toBe("Error: no such disk");
    disk.fails = false;
    await passed(1, 7);
    expect(watch.freeBytes).toBe(7);
  });
});
