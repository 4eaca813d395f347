// Guards: a gap between two processes has the right length, whatever their clocks say.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ClockOffsets } from "../../src/collector/clock-offsets.js";
import { GapTracker } from "../../src/collector/gap-tracker.js";
import type { Received } from "../../src/platform/access/read.js";
import type { MessageBatch } from "../../src/platform/wire/frame.js";
import type { Clock } from "../../src/runtime/clock.js";
import type { Resume } from "../../src/store/rooms.js";

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
});
