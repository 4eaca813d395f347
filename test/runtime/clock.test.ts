// Guards: The system's clock waits and repeats longer than one timer of Node can.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { systemClock } from "../../src/runtime/clock.js";

const LONG_MS = 3_000_000_000; // a timer of Node takes that for 1 ms

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("waits a time that no timer can", async () => {
  let isOver = false;
  void systemClock.sleep(LONG_MS).then(() => {
    isOver = true;
  });
  await vi.advanceTimersByTimeAsync(LONG_MS - 1);
  expect(isOver).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(isOver).toBe(true);
});

it("gives up such a wait in any of its parts", async () => {
  const stop = new AbortController();
  const waiting = systemClock.sleep(LONG_MS, stop.signal);
  await vi.advanceTimersByTimeAsync(LONG_MS - 1);
  stop.abort(new Error("stopped"));
  await expect(waiting).rejects.toThrow("stopped");
  expect(vi.getTimerCount()).toBe(0);
});

it.each([1000, LONG_MS])("calls back every %i ms until that is ended", async (ms) => {
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
