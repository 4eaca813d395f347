/** Names that one process of a cluster holds at a time, for as long as it lives: a reader's turn, whichever process it comes to. */
export interface DistributedLocks {
  /**
   * Waits until nobody holds the name, and holds it. Whoever does is told that it is wanted.
   * @param onWanted told when another process waits for it
   * @returns gives it up; never rejects
   * @throws DyliveError store_unreachable, stopping; the signal's reason
   */
  take(name: string, onWanted: () => void, signal: AbortSignal): Promise<() => Promise<void>>;
}
