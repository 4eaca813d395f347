// Guards: raw recordings go by the limits of their room, and never one that is being written.
import { utimesSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Received } from "../../src/platform/access/read.js";
import { RetentionScheduler } from "../../src/retention/scheduler.js";
import { beyondLimits } from "../../src/retention/step.js";
import { rawFiles, rawRooms, removeRaw, seeRaw } from "../../src/sources/raw/files.js";
import { RawRecorder } from "../../src/sources/raw/recorder.js";
import type { LimitsOf } from "../../src/store/sql/retention.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { FakeClock } from "../clock.js";
import { claimed } from "../contracts/harness.js";
import { useDirectory } from "../store/directory.js";
import { until } from "../until.js";

const directory = useDirectory();
const DAY = 86_400_000;
const HOUR = 3_600_000;
const T0 = Date.parse("2026-11-20T10:00:00Z");
const NONE = { maxAgeMs: null, maxBytes: null };
const FOREVER: LimitsOf = { events: NONE, statistics: NONE, raw: NONE };

type RawRecording = Parameters<typeof beyondLimits>[0][number];
const file = (n: number, change: Partial<RawRecording> = {}): RawRecording => ({
  path: String(n),
  sessionId: "7300000000000000019",
  startedAt: T0 + n * DAY,
  endedAt: T0 + n * DAY + HOUR,
  writtenAt: T0 + n * DAY + HOUR,
  bytes: 100,
  open: false,
  ...change,
});
const paths = (files: readonly RawRecording[]) => files.map(({ path }) => path);

describe("raw recordings beyond their limits", () => {
  const files = [file(0), file(1), file(2), file(3, { open: true })];

  it("are those whose last frame is too old, and the oldest of too many bytes", () => {
    expect(beyondLimits(files, NONE, T0 + 1000 * DAY)).toEqual([]);
    expect(paths(beyondLimits(files, { maxAgeMs: 2 * DAY, maxBytes: null }, T0 + 3 * DAY + HOUR))).toEqual(["0"]);
    expect(paths(beyondLimits(files, { maxAgeMs: 2 * DAY, maxBytes: null }, T0 + 3 * DAY + HOUR + 1))).toEqual(["0", "1"]);
    expect(paths(beyondLimits(files, { maxAgeMs: null, maxBytes: 399 }, T0))).toEqual(["0"]);
    expect(paths(beyondLimits(files, { maxAgeMs: null, maxBytes: 400 }, T0))).toEqual([]);
    expect(paths(beyondLimits(files, { maxAgeMs: 3 * DAY, maxBytes: 250 }, T0 + 3 * DAY + 2 * HOUR))).toEqual(["0", "1"]);
  });

  it("are never one that may be written to, whatever it takes", () => {
    expect(paths(beyondLimits(files, { maxAgeMs: 1, maxBytes: 1 }, T0 + 1000 * DAY))).toEqual(["0", "1", "2"]);
  });
});

const frame = (at: number): Received => ({ receivedAt: at, raw: Buffer.alloc(3000, 7), kind: "frame", response: null });

/** Five days of two rooms, of which the last file of the second room is being written. */
async function recorded() {
  const folder = directory("raw");
  const store = openSqliteStore({ path: ":memory:" });
  const rooms = [await claimed(store, "1"), await claimed(store, "2")].map(({ room }) => room);
  const about = { sessionId: "7300000000000000019", webRid: "1", source: "websocket" };
  for (let day = 0; day < 5; day++) {
    const clock = new FakeClock(T0 + day * DAY);
    const raw = new RawRecorder({ folder, clock, byDefault: true, onError: fail });
    for (const room of rooms) raw.take(room, [frame(clock.now())], about);
    await raw.leave(rooms[0] ?? 0);
    if (day < 4) await raw.close();
    else onTestFinished(() => raw.close());
    await raw.packed();
  }
  for (const { path, startedAt } of await rawFiles(folder)) utimesSync(path, startedAt / 1000, startedAt / 1000);
  return { folder, clock: new FakeClock(T0 + 5 * DAY), store, rooms: rooms as [number, number] };
}

describe("the scheduler", () => {
  it("removes raw recordings room by room by their own limits, tells how many, and leaves the one that is being written", async () => {
    const { folder, clock, store, rooms } = await recorded();
    const [one, two] = rooms;
    await store.retention.setLimits(two, "raw", { maxAgeMs: null, maxBytes: 1 });
    const told: unknown[] = [];
    const scheduler = new RetentionScheduler({
      what: "raw",
      store,
      clock,
      limits: async () => ({
        limits: { ...FOREVER, raw: { maxAgeMs: 3 * DAY + HOUR, maxBytes: null } },
        worksMaxAgeMs: null,
        maxStoreBytes: null,
      }),
      raw: { rooms: () => rawRooms(folder), files: (room) => rawFiles(folder, room), remove: removeRaw, seen: seeRaw },
      onRawRemoved: (room, files, bytes) => told.push([room, files, bytes > 0]),
      onDoubt: fail,
      onError: fail,
      monotonicMs: () => clock.now(),
    });
    const stop = new AbortController();
    const done = scheduler.run(stop.signal);
    onTestFinished(() => {
      stop.abort();
      return done;
    });
    await until(async () => {
      await clock.advance(1000);
      return told.length === 2;
    });
    expect((await rawFiles(folder, one)).map(({ startedAt }) => (startedAt - T0) / DAY)).toEqual([2, 3, 4]);
    expect((await rawFiles(folder, two)).map(({ startedAt, open }) => [(startedAt - T0) / DAY, open])).toEqual([[4, true]]);
    expect(told.sort()).toEqual([
      [one, 2, true],
      [two, 4, true],
    ]);
  });
});

function fail(error: unknown): never {
  throw error instanceof Error ? error : new Error(String(error));
}
