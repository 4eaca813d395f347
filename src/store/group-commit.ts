/** Weight of waiting calls from which on the next group is not put off. */
export const FULL_GROUP = 1000;
/** Most waiting events (100 MB or so), beyond which calls are refused: the database does not keep up, or another process holds it. */
export const MAX_WAITING = 200_000;
/** Bounds of the pause: calls of one moment share a group on a fast disk, and a reader does not notice that a slow one is given longer. */
const PAUSE_MS = { least: 20, most: 200 } as const;

/**
 * Returns how long calls wait for others to share the next commit, in ms: committing takes a fifth of the time at most, and larger groups cost less
 * an event. A lone call shows that no other would have shared its commit: no pause then.
 */
export function groupPauseMs(calls: number, tookMs: number): number {
  return calls > 1 ? Math.min(PAUSE_MS.most, Math.max(PAUSE_MS.least, 4 * tookMs)) : 0;
}
