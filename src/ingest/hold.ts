import type { RoomHealth } from "../health/room-health.js";
import type { Clock } from "../runtime/clock.js";
import { DyliveError, type ErrorCode } from "../runtime/errors.js";
import { isStoreDown, storeDownReason } from "../runtime/store-down.js";

const STORE_RETRY_MS = 1000;
/** Errors of a store that may take something later. */
const STORE_PROBLEMS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "disk_full",
  "store_failed",
  "store_readonly",
  "store_damaged",
  "store_unreachable",
]);

/**
 * Does what the store must take, again and again while it takes nothing (a full disk, a lock): callers that wait for it hold back what
 * comes after. The room's state says so meanwhile.
 * @throws what the work throws for another reason; the signal's reason
 */
export async function heldBack<T>(work: () => Promise<T>, health: RoomHealth, clock: Clock, signal: AbortSignal): Promise<T> {
  let refused = false;
  try {
    for (;;) {
      try {
        const done = await work();
        if (refused) health.storeTakes();
        refused = false;
        return done;
      } catch (error) {
        if (!isStoreDown(error) || signal.aborted) throw error;
        health.storeRefuses(storeDownReason(error));
        refused = true;
        await clock.sleep(STORE_RETRY_MS, signal);
      }
    }
  } finally {
    if (refused) health.storeRefuses(null);
  }
}

/** Returns whether an error is one of a store that may take something later: a full disk must not end a collection. */
export function isStoreProblem(error: unknown): error is DyliveError {
  return error instanceof DyliveError && STORE_PROBLEMS.has(error.code);
}
