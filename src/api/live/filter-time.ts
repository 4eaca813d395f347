import type { Clock } from "../../clock.js";

/** How much of our time the filter expressions of one token may take. */
export interface FilterTimeLimits {
  /** ms at once, and per second in the long run. */
  readonly filterBurstMs: number;
  readonly filterMsPerSecond: number;
}

/** Between two looks at whether a reader that waits may go on. */
const LOOK_MS = 100;

/**
 * Counts what filter expressions cost, by token. One expression costs at most some 0.1 ms for an event, but a token may have thousands of
 * them, and a busy room thousands of events a second.
 */
export class FilterTime {
  readonly #clock: Clock;
  readonly #limits: FilterTimeLimits;
  /** When each token will have all of its time again; kept only while that is to come. */
  readonly #fullAt = new Map<string, number>();

  constructor(clock: Clock, limits: FilterTimeLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Does work for a token, and counts its time. */
  spend<T>(tokenId: string, work: () => T): T {
    const began = performance.now();
    try {
      return work();
    } finally {
      const fullAt = Math.max(this.#fullAt.get(tokenId) ?? 0, this.#clock.now());
      this.#fullAt.set(tokenId, fullAt + ((performance.now() - began) * 1000) / this.#limits.filterMsPerSecond);
      if (this.#fullAt.size > 1_000) this.#forget();
    }
  }

  /** ms that the token has left; below 0 it has taken too much. */
  left(tokenId: string): number {
    const { filterBurstMs, filterMsPerSecond } = this.#limits;
    const owedMs = Math.max(0, (this.#fullAt.get(tokenId) ?? 0) - this.#clock.now());
    return filterBurstMs - (owedMs * filterMsPerSecond) / 1000;
  }

  /** Waits until half of the token's time is there: for readers of the past, who can wait. */
  async calm(tokenId: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.left(tokenId) < this.#limits.filterBurstMs / 2) await this.#clock.sleep(LOOK_MS, signal).catch(() => {});
  }

  #forget(): void {
    const now = this.#clock.now();
    for (const [id, fullAt] of this.#fullAt) if (fullAt <= now) this.#fullAt.delete(id);
  }
}
