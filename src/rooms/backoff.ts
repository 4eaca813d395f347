const FIRST_MS = 1500;
const LONGEST_MS = 60_000;
const JITTER_MS = 1200; // so that rooms that fell together do not come back together

/** How long to wait after the n-th failure in a row (from 1): 1.5 s, doubled each time up to a minute, plus up to 1.2 s of chance (facts/protocol.md section 5). */
export function backoffMs(failures: number): number {
  return Math.min(FIRST_MS * 2 ** Math.max(0, failures - 1), LONGEST_MS) + Math.random() * JITTER_MS;
}
