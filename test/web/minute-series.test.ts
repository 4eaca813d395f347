// Guards: A broadcast's chart has every minute, and gaps where they were.
import { describe, expect, it } from "vitest";
import type { Minute } from "../../web/src/api/model.js";
import { everyMinute, gapBands } from "../../web/src/room/minute-series.js";

const MINUTE = 60_000;
const minute = (n: number, chat: number, online: number | null = null): Minute => ({
  ...{ time: n * MINUTE, firstSeq: n * 100 + 1, messages: { chat }, units: 0, diamonds: 0, unpricedUnits: 0, likes: 0 },
  ...{ online, onlineMax: online, follows: 0, followers: null, gaps: 0 },
});
const gap = (from: number, to: number) => ({ type: "gap", from, to }) as Parameters<typeof gapBands>[0][number];

describe("a broadcast minute by minute", () => {
  it("has every minute: silence is zero, people that were not told are unknown", () => {
    const shown = everyMinute([minute(10, 3, 50), minute(13, 1)]);
    expect(shown.map(({ time, chat, online }) => [time / MINUTE, chat, online])).toEqual([
      [10, 3, 50],
      [11, 0, null],
      [12, 0, null],
      [13, 1, null],
    ]);
    expect(everyMinute([])).toEqual([]);
  });

  it("has its gaps where they were, those over its ends cut", () => {
    const shown = everyMinute([minute(10, 3), minute(13, 1)]);
    const gaps = [gap(0, 5 * MINUTE), gap(9.5 * MINUTE, 10.5 * MINUTE), gap(11.2 * MINUTE, 12.9 * MINUTE), gap(13 * MINUTE, 20 * MINUTE)];
    expect(gapBands(gaps, shown)).toEqual([
      [0, 0],
      [1, 2],
      [3, 3],
    ]);
    expect(gapBands(gaps, [])).toEqual([]);
  });
});
