import { expect, it } from "vitest";
import { keepUpToDate } from "../../src/statistics/reader.js";
import { FakeClock } from "../clock.js";

/** Keeps rooms up to date that take so long (ms) to work through. @returns the times (s) between the looks of two minutes */
async function pauses(stepMs: number): Promise<readonly number[]> {
  const [clock, stop] = [new FakeClock(), new AbortController()];
  const looks: number[] = [];
  const running = keepUpToDate(
    {
      progress: async () => {
        looks.push(clock.now());
        return [{ room: 1, behind: 3 }];
      },
      step: async () => {
        await clock.sleep(stepMs, stop.signal).catch(() => {});
        return false;
      },
      clock,
      onBehind: () => {},
      onError: (error) => expect.unreachable(String(error)),
    },
    stop.signal,
  );
  await clock.advance(120_000);
  stop.abort();
  await running;
  return looks.slice(1).map((at, n) => (at - (looks[n] ?? 0)) / 1000);
}

it("looks every two seconds as long as that is little work", async () => {
  expect(new Set(await pauses(100))).toEqual(new Set([2.1]));
});

it("pauses for three times as long as the work takes, which is a commit for a few events of each of many rooms", async () => {
  expect(new Set(await pauses(4_000))).toEqual(new Set([16]));
});

it("never lets figures grow older than some twenty seconds for that", async () => {
  expect(new Set(await pauses(20_000))).toEqual(new Set([40]));
});
