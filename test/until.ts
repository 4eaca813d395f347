import { TestRunner } from "vitest";

/** In a hook, which has no limit that could be asked for. */
const HOOK_MS = 50_000;
const BEFORE_THE_END_MS = 500;
const LOOK_MS = 15;
/** A look that takes long, as into a page of a browser, is made less often: it would take a core while it waits for what needs one. */
const PAUSES_A_LOOK = 4;
const LONGEST_PAUSE_MS = 200;

/**
 * Resolves with the first value that is not undefined, null or false. It has no limit of its own, since how long a thing takes is the machine's
 * affair: it fails, with what it waited for, just before the test itself would be ended.
 */
export async function until<T>(what: () => Promise<T> | T): Promise<Exclude<T, undefined | null | false>> {
  const test = TestRunner.getCurrentTest();
  const began = Date.now();
  const end = test === undefined ? began + HOOK_MS : (test.result?.startTime ?? began) + test.timeout - BEFORE_THE_END_MS;
  for (;;) {
    const looked = performance.now();
    const value = await what();
    const pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(LOOK_MS, PAUSES_A_LOOK * (performance.now() - looked)));
    if (value !== undefined && value !== null && value !== false) return value as Exclude<T, undefined | null | false>;
    if (Date.now() > end) throw new Error(`still not so after ${Date.now() - began} ms, when the test had to end: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
