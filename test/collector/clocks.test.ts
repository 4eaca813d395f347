import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RoomManager } from "../../src/cluster/room-manager.js";
import { ClockOffsets } from "../../src/collector/clock-offsets.js";
import { GapTracker } from "../../src/collector/gap-tracker.js";
import { readLeft } from "../../src/collector/left.js";
import { RoomRecords } from "../../src/collector/records.js";
import { ToldAlarms } from "../../src/collector/room-alarm.js";
import type { LiveEvent, NewEventOf } from "../../src/events/event.js";
import { testEvent } from "../../src/events/test-event.js";
import { RoomHealth } from "../../src/health/room-health.js";
import { gapEvent } from "../../src/ingest/own-events.js";
import type { Received } from "../../src/platform/access/read.js";
import { Drift } from "../../src/platform/wire/drift.js";
import type { MessageBatch } from "../../src/platform/wire/frame.js";
import type { Clock } from "../../src/runtime/clock.js";
import { appendTest } from "../../src/store/log.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import type { Resume } from "../../src/store/rooms.js";
import { fastClock } from "../clock.js";
import { chat } from "../contracts/events.js";
import { until } from "../until.js";
import { depsFor, running, SIGNAL } from "./running.js";

const HOUR_MS = 3_600_000;
/** Clocks that agree to this are taken to agree. */
const AGREE_MS = 5000;

/** A process in a world that has one true time: its machine's clock is wrong by `wrong` ms, its uptime counts from `bootedAt`. */
class Process {
  readonly clock: Clock;
  readonly bearings: ClockOffsets;
  wrong: number;

  constructor(world: { time: number }, wrong: number, boot: { readonly start: string; readonly at: number } | null) {
    this.wrong = wrong;
    this.clock = {
      now: () => world.time + this.wrong,
      sleep: () => Promise.resolve(),
      every: () => () => {},
      ...(boot !== null && { uptime: () => ({ start: boot.start, ms: world.time - boot.at }) }),
    };
    this.bearings = new ClockOffsets(this.clock);
  }

  /** A frame that comes now, made by the platform a moment before. */
  frame(platformNow: number | null): Received {
    const response = platformNow === null ? null : ({ now: platformNow, messages: [] } as unknown as MessageBatch);
    return { receivedAt: this.clock.now(), raw: new Uint8Array(), kind: "frame", response };
  }
}

/** What the next process finds in the room's row. */
function saved(bearings: ClockOffsets, receivedAt: number): Pick<Resume, "savedAt" | "ahead"> {
  const { at, ahead } = bearings.note(bearings.steady(receivedAt));
  return JSON.parse(JSON.stringify({ savedAt: at, ahead })) as Pick<Resume, "savedAt" | "ahead">;
}

const wrong = fc.constantFrom(0, HOUR_MS, -HOUR_MS, 86_400_000 * 400, -86_400_000 * 400, 2000, -2000);
const length = fc.integer({ min: 20_000, max: 10 * HOUR_MS });

describe("the length of a gap", () => {
  it("between two processes is right whatever their clocks say, where a boot or the platform's time tells, and unknown where nothing does", () => {
    fc.assert(
      fc.property(
        fc.record({
          before: wrong,
          after: wrong,
          length,
          reboot: fc.boolean(),
          uptime: fc.boolean(),
          told: fc.boolean(),
          lag: fc.nat(800),
        }),
        ({ before, after, length, reboot, uptime, told, lag }) => {
          const world = { time: 1_764_000_000_000 };
          const boot = uptime ? { start: "a", at: world.time - 5_000_000 } : null;
          const one = new Process(world, before, boot);
          one.bearings.learn([one.frame(told ? world.time - lag : null)]);
          const { savedAt, ahead } = saved(one.bearings, one.clock.now());
          world.time += length;
          const two = new Process(world, after, uptime && reboot ? { start: "b", at: world.time - 60_000 } : boot);
          const missed = new GapTracker(two.bearings);
          missed.begin({ at: savedAt, ahead }, "dylive was not collecting");
          const frame = two.frame(told ? world.time - lag : null);
          two.bearings.learn([frame]);
          const gap = missed.end(frame.receivedAt, { messages: true, people: false });
          expect(gap?.to).toBe(world.time + after);
          if (told || (uptime && !reboot)) {
            expect(gap?.from).not.toBeNull();
            expect(Math.abs((gap?.to ?? 0) - (gap?.from ?? 0) - length)).toBeLessThanOrEqual(AGREE_MS);
          } else expect(gap?.from).toBeNull();
        },
      ),
    );
  });

  it("in one process is right also when its clock is set meanwhile", () => {
    fc.assert(
      fc.property(fc.record({ before: wrong, after: wrong, length }), ({ before, after, length }) => {
        const world = { time: 1_764_000_000_000 };
        const one = new Process(world, before, { start: "a", at: world.time - 5_000_000 });
        const missed = new GapTracker(one.bearings);
        const heardAt = one.bearings.steady(one.clock.now());
        one.wrong = after;
        world.time += length;
        missed.begin(one.bearings.note(heardAt), "the connection was lost");
        const gap = missed.end(one.clock.now(), { messages: true, people: false });
        expect(gap?.to).toBe(world.time + after);
        expect(Math.abs((gap?.to ?? 0) - (gap?.from ?? 0) - length)).toBeLessThanOrEqual(AGREE_MS);
        expect(one.bearings.now() - heardAt - length).toBeLessThanOrEqual(AGREE_MS);
      }),
    );
  });

  it("waits for what tells it: frames without messages end no gap of another machine's", () => {
    const world = { time: 1_764_000_000_000 };
    const one = new Process(world, HOUR_MS, { start: "a", at: 0 });
    one.bearings.learn([one.frame(world.time)]);
    const { savedAt: at, ahead } = saved(one.bearings, one.clock.now());
    world.time += 60_000;
    const two = new Process(world, 0, { start: "b", at: 0 });
    const missed = new GapTracker(two.bearings);
    missed.begin({ at, ahead }, "dylive was not collecting");
    expect(missed.end(two.clock.now(), { messages: false, people: false })).toBeNull();
    world.time += 1000;
    const frame = two.frame(world.time);
    two.bearings.learn([frame]);
    expect(missed.end(frame.receivedAt, { messages: true, people: false })).toMatchObject({ from: world.time - 61_000, to: world.time });
  });

  it("is unknown, and the gap not lost, where what tells says that it began after it was over", () => {
    const world = { time: 1_764_000_000_000 };
    const one = new Process(world, 0, null);
    one.bearings.learn([one.frame(world.time)]);
    const missed = new GapTracker(one.bearings);
    missed.begin(one.bearings.note(world.time), "the connection was lost");
    world.time += 120_000;
    one.bearings.learn([one.frame(world.time - HOUR_MS)]); // the platform's own clock
    expect(missed.end(one.clock.now(), { messages: true, people: true })).toMatchObject({ from: null, to: world.time });
  });

  it("of a process that went on longer than another's first frame had to wait is none", () => {
    const world = { time: 1_764_000_000_000 };
    const two = new Process(world, 0, null);
    const first = two.frame(world.time);
    world.time += 8000; // the room is claimed, over a slow way to the database
    const one = new Process(world, HOUR_MS, null);
    one.bearings.learn([one.frame(world.time)]);
    const { savedAt: at, ahead } = saved(one.bearings, one.clock.now());
    two.bearings.learn([first]);
    const missed = new GapTracker(two.bearings);
    missed.begin({ at, ahead }, "stuck", { longerThanMs: 30_000 });
    expect(missed.end(first.receivedAt, { messages: true, people: true })).toBeNull();
    expect(missed.open).toBeNull();
  });

  it("of a process that was only slow to hand over is none", () => {
    const world = { time: 1_764_000_000_000 };
    const one = new Process(world, HOUR_MS, null);
    one.bearings.learn([one.frame(world.time)]);
    for (const [waited, told] of [
      [10_000, false],
      [45_000, true],
    ] as const) {
      world.time += 100_000;
      one.bearings.learn([one.frame(world.time)]);
      const { savedAt: at, ahead } = saved(one.bearings, one.clock.now());
      world.time += waited;
      const two = new Process(world, 0, null);
      two.bearings.learn([two.frame(world.time)]);
      const missed = new GapTracker(two.bearings);
      missed.begin({ at, ahead }, "stuck", { longerThanMs: 30_000 });
      expect(missed.end(two.clock.now(), { messages: true, people: false }) !== null).toBe(told);
    }
  });
});

describe("until when was received", () => {
  it("is compared with the platform's times of the newest events, most of which are right", async () => {
    const store = openMemoryStore({ maxEventsPerRoom: 1000 });
    const room = await store.rooms.ensure([{ kind: "web_rid", value: "1" }]);
    const epoch = await store.rooms.claim(room);
    const time = 1_764_000_000_000;
    const events = Array.from({ length: 9 }, (_, i) => ({
      ...chat(`${i}`, { room, sessionId: "7", time: time + i * 1000 - (i === 4 ? 9 * HOUR_MS : 0) }),
      receivedAt: time + i * 1000 + HOUR_MS + 300,
    }));
    await store.log.append([{ room, epoch, events }]);
    const clock = fastClock(1);
    const told = new ToldAlarms(store.log);
    const kept = { store, clock, health: new RoomHealth(clock), drift: new Drift(), told, ownership: null, signal: SIGNAL };
    const received = async () =>
      (await new RoomRecords({ ...kept, setAside: () => {}, foresee: async () => {}, onLost: () => {} }).left(room)).received.get("7");
    const last = { at: time + 8000 + HOUR_MS + 300, ahead: { platform: HOUR_MS + 300 } };
    expect(await received()).toEqual(last);
    // Test events were not received, however many somebody made since.
    for (let made = 0; made < 120; made++) {
      const event = testEvent({ type: "chat" }, { room, webRid: null, id: String(made), now: time + 3 * HOUR_MS });
      if (event !== null) await appendTest(store, event);
    }
    expect(await received()).toEqual(last);
    await store.close();
  });
});

it.each([
  ["as it was kept, where most of the newest were sent again after an outage", 200, { "up:a": 0, platform: 0 }],
  ["as the newest have it, where the clock was set since", 30_000, { platform: 30_000 }],
] as const)("the lead of who received last is known %s", async (_, fresh, ahead) => {
  const store = openMemoryStore({ maxEventsPerRoom: 1000 });
  const room = await store.rooms.ensure([{ kind: "web_rid", value: "1" }]);
  const epoch = await store.rooms.claim(room);
  const at = 1_764_000_000_000;
  // 13 that were made in the 35 s before they came, at once, and two that were made then.
  const delays = [...Array.from({ length: 13 }, (_, i) => 35_000 - i * 1000), fresh, fresh];
  const events = delays.map((delay, i) => ({ ...chat(`${i}`, { room, sessionId: "7", time: at - delay }), receivedAt: at }));
  await store.log.append([{ room, epoch, events }]);
  await store.rooms.setResume(room, { roomId: "7", positions: {}, savedAt: at - 1000, ahead: { "up:a": 0, platform: 0 } }, epoch);
  const { received } = await readLeft(store, room);
  expect(received.get("7")).toEqual({ at, ahead });
  await store.close();
});

describe("a room that goes from one process to another whose clock is an hour", () => {
  it.each([
    ["ahead", HOUR_MS],
    ["behind", -HOUR_MS],
  ])("%s has the gap of the time in which nobody collected it", async (_word, differ) => {
    const clock = fastClock(20);
    const now = await running({}, {}, clock);
    const { room } = await now.rooms.request("100000002", 60_000, SIGNAL);
    await until(async () => (await now.events(room)).some(({ type }) => type === "chat"));
    await now.rooms.stop();
    const stoppedAt = clock.now();
    await clock.sleep(40_000);
    // Another machine: its uptime counts from elsewhere.
    const other: Clock = { ...clock, uptime: () => ({ start: "other", ms: clock.now() }), now: () => clock.now() + differ };
    const rooms = RoomManager.alone({ ...depsFor(now.simulator, now.store, other) });
    await rooms.start();
    await rooms.request("100000002", 60_000, SIGNAL);
    const gaps = async () => (await now.events(room)).filter((event): event is Gap => event.type === "gap");
    await until(async () => (await gaps()).length > 0);
    const endedAt = clock.now();
    const [gap, ...more] = await gaps();
    await rooms.stop();
    expect(more).toEqual([]);
    const from = gap?.from ?? Number.NaN;
    expect((gap?.to ?? 0) - from).toBeGreaterThanOrEqual(40_000 - AGREE_MS);
    expect((gap?.to ?? 0) - from).toBeLessThanOrEqual(endedAt - stoppedAt + 10_000);
  });
});

type Gap = NewEventOf<"gap"> & LiveEvent;

const TOLD_AT = 1_764_000_000_000;

it.each([
  ["told", "dylive was not collecting", true],
  ["not told, where the one that was has another reason", "the connection was cut", false],
] as const)("what is kept as missing since the earlier of two times is known to be %s", async (_, reason, isTold) => {
  const store = openMemoryStore({ maxEventsPerRoom: 1000 });
  const room = await store.rooms.ensure([{ kind: "web_rid", value: "1" }]);
  const epoch = await store.rooms.claim(room);
  // The later one was noted where messages came late: read by a process to which they do not, it is the earlier.
  const since = [
    { at: TOLD_AT, ahead: { "up:a": 0 } },
    { at: TOLD_AT + 100, ahead: { platform: 9000 } },
  ];
  const missing = { since, reason: "dylive was not collecting", silent: false };
  await store.rooms.setResume(room, { roomId: "7", positions: {}, savedAt: TOLD_AT, ahead: { "up:a": 0 }, missing }, epoch);
  await store.log.append([{ room, epoch, events: [gapEvent(room, { sessionId: "7", webRid: "1" }, TOLD_AT, TOLD_AT + 5000, reason)] }]);
  const { resume, received } = await readLeft(store, room);
  expect(resume?.missing).toEqual(isTold ? undefined : missing);
  expect(received.get("7")?.at).toBe(isTold ? TOLD_AT + 5000 : undefined);
  await store.close();
});
