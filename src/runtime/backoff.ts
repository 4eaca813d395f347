/** Reason why the last attempt failed, which decides how soon the next may come. */
type Setback = "network" | "refusal";

const FIRST_MS = { network: 1500, refusal: 30_000 };
const LONGEST_MS = { network: 60_000, refusal: 900_000 }; // the platform's own bans last long; hammering makes them longer (facts/protocol.md section 5)

/**
 * Returns how long to wait after the n-th setback in a row (from 1), in ms: full jitter below a bound that doubles, without end. At least a
 * tenth of the bound, so that rooms which fell together neither come back together nor at once.
 */
export function backoffMs(setback: Setback, count: number): number {
  const bound = Math.min(FIRST_MS[setback] * 2 ** Math.min(Math.max(0, count - 1), 20), LONGEST_MS[setback]);
  return bound * (0.1 + 0.9 * Math.random());
}
