/**
 * Locks by name, each of which one process of a cluster holds at a time, for as long as it lives: a reader's turn, whichever process it
 * comes to.
 */
export interface DistributedLocks {
  /**
   * Waits until nobody holds the name, and takes it. The process that holds it is told that it is wanted.
   * @param onWanted called when another process waits for it
   * @returns a function that gives it up and never rejects
   * @throws DyliveError store_unreachable, stopping; the signal's reason
   */
  take(name: string, onWanted: () => void, signal: AbortSignal): Promise<() => Promise<void>>;
}
