/** Weight of waiting calls from which on the next group is not put off. */
export const FULL_GROUP = 1000;
/** Most waiting events (100 MB or so), beyond which calls are refused: the database does not keep up, or another process holds it. */
export const MAX_WAITING = 200_000;
/**
 * Time for which calls wait for others to share the next commit, in ms. A longer one on a slow disk, up to four times what the last commit took, was
 * measured: as much CPU, and two fifths fewer events stored by a process that also counts and removes.
 */
const PAUSE_MS = 20;

/** Returns how long calls wait, in ms, after a group of so many. A lone call shows that no other would have shared its commit. */
export function groupPauseMs(calls: number): number {
  return calls > 1 ? PAUSE_MS : 0;
}
