import type { Clock } from "./clock.js";
import { DyliveError } from "./errors.js";
import { isStoreDown } from "./store-down.js";

/** Longest wait for the store where one can go on without it, in ms. */
export const PATIENCE_MS = 2000;
/** Longest wait, in ms, for a store that is known to be away: it is asked all the same, since it may be back. */
const AWAY_MS = 200;

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

/**
 * Asks the store for what a room that can be spooled goes on without, and returns `otherwise` while the store is away.
 * @param isAway frames of the room wait in the spool
 */
export async function orElse<T>(work: () => Promise<T>, otherwise: T, spooling: boolean, isAway: boolean, clock: Clock): Promise<T> {
  if (!spooling) return work();
  try {
    return await inTime(work(), isAway ? AWAY_MS : PATIENCE_MS, clock);
  } catch (error) {
    if (!isStoreDown(error)) throw error;
    return otherwise;
  }
}
