// Guards: An overlay's figures are asked for again although an answer never comes.
import { afterEach, expect, it, onTestFinished, vi } from "vitest";
import { effectScope } from "vue";
import { ApiFailure } from "../../../web/src/api/failure.js";
import { useAnswer } from "../../../web/src/overlay/figures.js";

afterEach(() => vi.useRealTimers());

it("an overlay's figures are asked for again though an answer never comes, and are nothing where there is nothing", async () => {
  vi.useFakeTimers();
  let answer: () => Promise<number> = async () => 1;
  const signals: AbortSignal[] = [];
  const scope = effectScope();
  onTestFinished(() => scope.stop());
  const figures = scope.run(() =>
    useAnswer((signal) => {
      signals.push(signal);
      return answer();
    }),
  );
  await vi.advanceTimersByTimeAsync(0);
  expect(figures?.value).toBe(1);
  answer = () => new Promise(() => {});
  await vi.advanceTimersByTimeAsync(30_000);
  expect([signals.length, signals[1]?.aborted]).toEqual([2, false]);
  answer = async () => 2;
  await vi.advanceTimersByTimeAsync(10_000);
  expect([figures?.value, signals[1]?.aborted]).toEqual([2, true]);
  answer = () => Promise.reject(new ApiFailure("offline", "no server"));
  await vi.advanceTimersByTimeAsync(5_000);
  expect(figures?.value).toBe(2);
  answer = () => Promise.reject(new ApiFailure("not_found", "deleted"));
  await vi.advanceTimersByTimeAsync(5_000);
  expect(figures?.value).toBeNull();
});
