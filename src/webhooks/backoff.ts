const FIRST_MS = 5_000;
/** A day's outage costs some twenty tries; a receiver that is back is found within two hours. */
const LONGEST_MS = 2 * 3_600_000;

/**
 * How long to wait after the n-th failure of a batch (from 1): full jitter below a bound that doubles up to two hours, and at least a tenth of
 * it, so that a receiver that comes back is not met by everything at once.
 * @param putOffMs what the receiver asked for; null when it did not
 */
export function retryMs(tries: number, putOffMs: number | null, random: () => number = Math.random): number {
  const bound = Math.min(FIRST_MS * 2 ** Math.min(tries - 1, 20), LONGEST_MS);
  return Math.max(bound * (0.1 + 0.9 * random()), putOffMs ?? 0);
}
