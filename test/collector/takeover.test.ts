import { expect, it } from "vitest";
import { ClockOffsets } from "../../src/collector/clock-offsets.js";
import { GapTracker } from "../../src/collector/gap-tracker.js";
import { NOTHING_LEFT } from "../../src/collector/left.js";
import { Takeover } from "../../src/collector/takeover.js";
import type { Received } from "../../src/platform/access/read.js";
import type { Noted, Resume } from "../../src/store/rooms.js";
import { FakeClock } from "../clock.js";

const SIGNAL = new AbortController().signal;
/** Room_ids of two broadcasts. */
const [NOW, BEFORE] = ["7", "6"];

/** A frame with a message whose id says when it was sent. */
function frame(receivedAt: number, sentAt: number): Received {
  const msgId = String(BigInt(Math.floor(sentAt / 1000)) << 32n);
  return { receivedAt, raw: new Uint8Array(), kind: "frame", response: { now: receivedAt, messages: [{ msgId }] } } as unknown as Received;
}

interface Moved {
  /** Until when the process that had the room has received. */
  readonly until: number;
  readonly missing?: Resume["missing"];
  /** The broadcast that it kept something of. */
  readonly kept?: string;
  /** When the message was sent that is replayed as the connection opens; then no other comes. */
  readonly replayed?: number;
}

/** Takes a room over from another process. Times are in ms after the first message comes here that is new to both, or that is replayed. */
async function moved({ until, missing, kept = NOW, replayed }: Moved) {
  const clock = new FakeClock();
  const start = clock.now();
  const uptime = () => ({ start: "a", ms: clock.now() - start });
  const offsets = new ClockOffsets({ now: () => clock.now(), sleep: clock.sleep.bind(clock), every: clock.every.bind(clock), uptime });
  const gaps = new GapTracker(offsets);
  const firstAt = start + (replayed === undefined ? 1500 : 100);
  const at = (ms: number): Noted => offsets.note(firstAt + ms);
  const { at: savedAt, ahead } = at(until);
  const resume: Resume = { roomId: kept, positions: {}, savedAt, ahead, ...(missing !== undefined && { missing }) };
  const records = {
    receivedByOwner: async () => ({ until: [at(until)], isMissing: missing !== undefined }),
    arrive: async () => ({ ...NOTHING_LEFT, resume }),
  };
  const takeover = new Takeover({ clock, records, offsets, gaps });
  const arrived = takeover.arrive(1, NOW, SIGNAL);
  takeover.stands();
  await clock.advance(firstAt - start);
  takeover.received(frame(firstAt, firstAt + (replayed ?? 0)));
  await clock.advance(30_000);
  await arrived;
  const over = gaps.end(firstAt, { messages: true, people: true });
  const told = over === null ? null : { from: (over.from ?? Number.NaN) - firstAt, to: over.to - firstAt, reason: over.reason };
  return { told, had: (ms: number) => takeover.ownerHad(firstAt + ms) };
}

it.each([6000, -6000])(
  "what the other process misses %i ms after something came here was missed by somebody only before that",
  async (ms) => {
    const since = [{ at: 1_700_000_001_500 + ms, ahead: { "up:a": 1_700_000_000_000 } }];
    const { told } = await moved({ until: ms, missing: { since, reason: "lost", silent: false } });
    expect(told).toEqual(ms > 0 ? null : { from: ms, to: 0, reason: "lost" });
  },
);

it("a process of which only the broadcast before was kept is asked for what it has stored of this one", async () => {
  expect((await moved({ until: -20_000, kept: BEFORE })).told).toMatchObject({ from: -20_000, to: 0 });
  expect((await moved({ until: 0, kept: BEFORE })).told).toBeNull();
});

it("a process lacks what was sent long after it received something, though nothing new comes that shows it", async () => {
  expect((await moved({ until: -20_000, replayed: -500 })).told).toMatchObject({ from: -20_000, to: 0 });
  // In a quiet room the answers to its heartbeats are what it received last.
  expect((await moved({ until: -20_000, replayed: -25_000 })).told).toBeNull();
  expect((await moved({ until: -40_000, replayed: -50_000 })).told).toMatchObject({ from: -40_000, to: 0 });
  // An id may say what it likes.
  expect((await moved({ until: -20_000, replayed: 3_600_000 })).told).toBeNull();
});

it("knows until when the other process had what comes here", async () => {
  const { had } = await moved({ until: 3000 });
  expect([had(3000), had(3001)]).toEqual([true, false]);
});
