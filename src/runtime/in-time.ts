import type { Clock } from "./clock.js";
import { DyliveError } from "./errors.js";

/** Longest wait for the store where one can go on without it, in ms. */
export const PATIENCE_MS = 2000;

/** Waits for the store no longer than `ms`; what was asked of it goes on. @throws DyliveError store_unreachable when it takes longer */
export async function inTime<T>(work: Promise<T>, ms: number, clock: Clock): Promise<T> {
  const answered = new AbortController();
  const late = clock.sleep(ms, answered.signal).then(() => {
    throw new DyliveError("store_unreachable", `no answer within ${Math.round(ms)} ms`);
  });
  late.catch(() => {}); // nobody waits for it once there is an answer
  try {
    return await Promise.race([work, late]);
  } finally {
    answered.abort();
  }
}
