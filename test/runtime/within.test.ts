// Guards: Limits and followers abort with their signal and leave no listener on it.
import { getEventListeners } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { linkedController, within } from "../../src/runtime/clock.js";
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

it("a follower that aborts, or has let go, leaves the signal alone and is left alone by it", () => {
  const stop = new AbortController();
  const [first, second] = [linkedController(stop.signal), linkedController(stop.signal)];
  first.abort(new Error("own"));
  expect(stop.signal.aborted).toBe(false);
  second.release();
  stop.abort();
  expect(first.signal.reason).toMatchObject({ message: "own" });
  expect(second.signal.aborted).toBe(false);
});

it("nothing is left on a signal that goes on: not when a limit is over, nor when a follower has let go", async () => {
  const [on, other] = [new AbortController().signal, new AbortController().signal];
  const limits = Array.from({ length: 100 }, () => within(on, 1));
  const followers = Array.from({ length: 100 }, () => linkedController(on, other));
  expect([getEventListeners(on, "abort").length, getEventListeners(other, "abort").length]).toEqual([200, 100]);
  for (const { release } of followers) release();
  await until(() => limits.every(({ aborted }) => aborted));
  expect([getEventListeners(on, "abort").length, getEventListeners(other, "abort").length]).toEqual([0, 0]);
});

it("AbortSignal.any, which leaves something on each signal for good, is used where it is made once for a program or a call of its user", () => {
  const src = fileURLToPath(new URL("../../src/", import.meta.url));
  const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const uses = files
    .filter((name) => readFileSync(`${src}${name}`, "utf8").includes("AbortSignal.any("))
    .map((name) => name.replaceAll("\\", "/"));
  expect(uses.sort()).toEqual([
    "app/admin.ts",
    "app/connect.ts",
    "app/tiktok.ts",
    "cli/commands/doctor.ts",
    "cli/doctor/platform.ts",
    "client.ts",
  ]);
});
