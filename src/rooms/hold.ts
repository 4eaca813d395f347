import type { Clock } from "../clock.js";
import { isStoreDown, storeDownReason } from "./store-down.js";
import type { Tracker } from "./tracker.js";

const STORE_RETRY_MS = 1000;

/**
 * Does what the store must take, again and again while it takes nothing (a full disk, a lock): whoever waits for it holds back what comes after.
 * The room's state says so meanwhile.
 * @throws what the work throws for another reason; the signal's reason
 */
export async function heldBack<T>(work: () => Promise<T>, tracker: Tracker, clock: Clock, signal: AbortSignal): Promise<T> {
  let said: string | null = null;
  for (;;) {
    try {
      const done = await work();
      if (said !== null && tracker.reason === said) tracker.to(tracker.state, "the store takes what comes again");
      return done;
    } catch (error) {
      if (!isStoreDown(error) || signal.aborted) throw error;
      said = storeDownReason(error);
      tracker.to(tracker.state, said);
      await clock.sleep(STORE_RETRY_MS, signal);
    }
  }
}
