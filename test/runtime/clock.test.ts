// Guards: The system's clock takes a wait that is too long for one timer of Node for a long one, not for none.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { systemClock } from "../../src/runtime/clock.js";

const LONG_MS = 3_000_000_000; // a timer of Node takes that for 1 ms
const DAY_MS = 86_400_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("waits 24 days where it is to wait longer, unless it is given up", async () => {
  let isOver = false;
  void systemClock.sleep(LONG_MS).then(() => {
    isOver = true;
  });
  const stop = new AbortController();
  const waiting = systemClock.sleep(LONG_MS, stop.signal);
  await vi.advanceTimersByTimeAsync(24 * DAY_MS);
  expect(isOver).toBe(false);
  stop.abort(new Error("stopped"));
  await expect(waiting).rejects.toThrow("stopped");
  await vi.advanceTimersByTimeAsync(DAY_MS);
  expect([isOver, vi.getTimerCount()]).toEqual([true, 0]);
});

it.each([1000, 24 * DAY_MS])("calls back every %i ms until that is ended", async (ms) => {
  let calls = 0;
  const stop = systemClock.every(ms, () => {
    calls++;
  });
  await vi.advanceTimersByTimeAsync(ms - 1);
  expect(calls).toBe(0);
  await vi.advanceTimersByTimeAsync(2 * ms);
  expect(calls).toBe(2);
  stop();
  await vi.advanceTimersByTimeAsync(2 * ms);
  expect([calls, vi.getTimerCount()]).toEqual([2, 0]);
});
