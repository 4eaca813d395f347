import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { follow, within } from "../../src/runtime/clock.js";
import { until } from "../until.js";

/** What aborts with a signal that nobody else holds. */
function watched(ms: number): { readonly reason: unknown } {
  const seen: { reason: unknown } = { reason: null };
  const signal = within(new AbortController().signal, ms);
  signal.addEventListener("abort", () => {
    seen.reason = signal.reason;
  });
  return seen;
}

it("a limit of time aborts when it is over, also when the garbage was collected before", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const seen = watched(200);
  for (let i = 0; i < 2; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await until(() => seen.reason !== null);
  expect(seen.reason).toMatchObject({ name: "TimeoutError" });
});

it("a limit of time aborts with the signal that it is for", () => {
  const stop = new AbortController();
  const signal = within(stop.signal, 60_000);
  stop.abort(new Error("stopped"));
  expect(signal.reason).toMatchObject({ message: "stopped" });
});

it("a follower aborts with the signal that it goes by, and with its reason", () => {
  const stop = new AbortController();
  const follower = follow(stop.signal);
  expect(follower.signal.aborted).toBe(false);
  stop.abort(new Error("stopped"));
  expect(follower.signal.reason).toMatchObject({ message: "stopped" });
  expect(follow(stop.signal).signal.reason).toMatchObject({ message: "stopped" });
});

it("a follower that aborts, or has let go, leaves the signal alone and is left alone by it", () => {
  const stop = new AbortController();
  const [first, second] = [follow(stop.signal), follow(stop.signal)];
  first.abort(new Error("own"));
  expect(stop.signal.aborted).toBe(false);
  second.release();
  stop.abort();
  expect(first.signal.reason).toMatchObject({ message: "own" });
  expect(second.signal.aborted).toBe(false);
});
