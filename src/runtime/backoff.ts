/** Bounds of a wait after failures in a row, in ms. */
export interface Backoff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** Waits by the reason why the last attempt failed, which decides how soon the next may come. */
const SETBACKS = {
  network: { firstMs: 1500, longestMs: 60_000 },
  // The platform's own bans last long; hammering makes them longer (facts/protocol.md section 5).
  refusal: { firstMs: 30_000, longestMs: 900_000 },
} as const satisfies Record<string, Backoff>;

/**
 * Returns how long to wait after the n-th setback in a row (from 1), in ms: full jitter below a bound that doubles, without end. At least a
 * tenth of the bound, so that those that failed together neither come back together nor at once.
 */
export function backoffMs(of: keyof typeof SETBACKS | Backoff, count: number): number {
  const { firstMs, longestMs } = typeof of === "string" ? SETBACKS[of] : of;
  const bound = Math.min(firstMs * 2 ** Math.min(Math.max(0, count - 1), 20), longestMs);
  return bound * (0.1 + 0.9 * Math.random());
}
