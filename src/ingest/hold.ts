import type { RoomHealth } from "../health/room-health.js";
import type { Clock } from "../runtime/clock.js";
import { DyliveError, type ErrorCode } from "../runtime/errors.js";
import { isStoreDown, storeDownReason } from "../runtime/store-down.js";

const STORE_RETRY_MS = 1000;
const BEGIN_ANEW_MS = 5000;
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
  for (let refused = false; ; refused = true) {
    try {
      const done = await work();
      if (refused) health.storeTakes();
      return done;
    } catch (error) {
      if (!isStoreDown(error) || signal.aborted) throw error;
      health.storeRefuses(storeDownReason(error));
      await clock.sleep(STORE_RETRY_MS, signal);
    }
  }
}

/** Does something anew while the store takes nothing, and says that it failed so long: a full disk must not end a collection. @throws as {@link heldBack} does */
export async function begunAnew(work: () => Promise<void>, health: RoomHealth, clock: Clock, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted || !(error instanceof DyliveError && STORE_PROBLEMS.has(error.code))) throw error;
      health.to("failed", storeDownReason(error), error.code);
      await clock.sleep(BEGIN_ANEW_MS, signal).catch(() => {});
    }
  }
}
