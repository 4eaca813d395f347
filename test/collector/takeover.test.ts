import { expect, it } from "vitest";
import { ClockOffsets } from "../../src/collector/clock-offsets.js";
import { GapTracker } from "../../src/collector/gap-tracker.js";
import { Takeover } from "../../src/collector/takeover.js";
import type { Received } from "../../src/platform/access/read.js";
import type { Noted, Resume } from "../../src/store/rooms.js";
import { FakeClock } from "../clock.js";

const SIGNAL = new AbortController().signal;
/** Room_ids of two broadcasts. */
const [NOW, BEFORE] = ["7", "6"];
const PEOPLE = { messages: true, people: true };

/** A room that moves here from a process that has received until `until` and left it so; the first message comes here at `firstAt`. */
async function moved({ until, left }: { readonly until: (at: number) => number; readonly left: (at: number) => Partial<Resume> }) {
  const clock = new FakeClock();
  const offsets = new ClockOffsets({
    now: () => clock.now(),
    sleep: clock.sleep.bind(clock),
    every: clock.every.bind(clock),
    uptime: () => ({ start: "a", ms: clock.now() }),
  });
  const gaps = new GapTracker(offsets);
  const from = clock.now();
  const firstAt = from + 1500;
  const noted = (at: number): Noted => offsets.note(at);
  const resume = (): Resume => ({ roomId: NOW, positions: {}, ...noted(until(firstAt)), savedAt: until(firstAt), ...left(firstAt) });
  const records = {
    receivedByOwner: async () => ({ until: [noted(until(firstAt))], isMissing: resume().missing !== undefined }),
    arrive: async () => resume(),
  };
  const takeover = new Takeover({ clock, records, offsets, gaps });
  const arrived = takeover.arrive(1, NOW, SIGNAL);
  takeover.stands();
  await clock.advance(1500);
  takeover.received({
    receivedAt: firstAt,
    raw: new Uint8Array(),
    kind: "frame",
    response: { now: firstAt, messages: [{}] },
  } as unknown as Received);
  await clock.advance(30_000);
  await arrived;
  return { takeover, firstAt, over: () => gaps.end(firstAt, PEOPLE) };
}

it.each([6000, -6000])(
  "what the other process misses %i ms after something came here was missed by somebody only before that",
  async (ms) => {
    const missing = (at: number) => ({ since: [{ at: at + ms, ahead: { "up:a": 0 } }], reason: "lost", silent: false });
    const { over, firstAt } = await moved({ until: (at) => at + ms, left: (at) => ({ missing: missing(at) }) });
    expect(over()).toEqual(ms > 0 ? null : { from: firstAt + ms, to: firstAt, reason: "lost" });
  },
);

it("a process of which only the broadcast before was kept is asked for what it has stored of this one", async () => {
  const { over, firstAt } = await moved({ until: (at) => at - 20_000, left: () => ({ roomId: BEFORE }) });
  expect(over()).toMatchObject({ from: firstAt - 20_000, to: firstAt });
  const even = await moved({ until: (at) => at, left: () => ({ roomId: BEFORE }) });
  expect(even.over()).toBeNull();
});

it("knows until when the other process had what comes here", async () => {
  const { takeover, firstAt } = await moved({ until: (at) => at + 3000, left: () => ({}) });
  expect([takeover.ownerHad(firstAt + 3000), takeover.ownerHad(firstAt + 3001)]).toEqual([true, false]);
});
