import type { Clock } from "./clock.js";

/**
 * Limits how often something is done towards the platform, for all rooms together: so many a second, with a burst. Callers wait in line; a
 * restart with 500 rooms must not burst.
 */
export class Budget {
  readonly #clock: Clock;
  readonly #gapMs: number;
  readonly #burstMs: number;
  #nextAt = 0;

  /** @param perSecond long-run rate; @param burst how many may come at once after a pause */
  constructor(clock: Clock, perSecond: number, burst: number) {
    this.#clock = clock;
    this.#gapMs = 1000 / perSecond;
    this.#burstMs = this.#gapMs * (burst - 1);
  }

  /** Resolves when it is this caller's turn; rejects with the signal's reason when that aborts first (the turn is then used up). */
  async take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const now = this.#clock.now();
    const at = Math.max(this.#nextAt, now - this.#burstMs);
    this.#nextAt = at + this.#gapMs;
    if (at > now) await this.#clock.sleep(at - now, signal);
  }
}

/** Budgets that all rooms of a process share: how often the platform may be asked and connected to. */
export interface Budgets {
  readonly requests: Budget;
  readonly connects: Budget;
}
