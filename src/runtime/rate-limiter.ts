import type { Clock } from "./clock.js";

/** Rate: a number at once after a pause, and a number a second in the long run. */
interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** Keys that are kept before those that have their whole burst again are forgotten. */
const KEYS_MAX = 1_000;
/** Loss of one by rounding: a share of a second is not a whole number of ms. */
const ROUNDING = 1e-6;

/** Limits how often something is done, or how much is taken, for each key apart; without keys, for all callers together. */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #rate: () => Rate;
  /** When each key will have its whole burst again, ms UTC. */
  readonly #fullAt = new Map<string, number>();

  /** @param rate also as a function, where it may change */
  constructor(clock: Clock, rate: Rate | (() => Rate)) {
    this.#clock = clock;
    this.#rate = typeof rate === "function" ? rate : () => rate;
  }

  /** Returns how many a key may take now; below 0 it has taken too many. */
  left(key = "", { burst, perSecond } = this.#rate()): number {
    const owedMs = Math.max(0, (this.#fullAt.get(key) ?? 0) - this.#clock.now());
    return burst - (owedMs * perSecond) / 1000;
  }

  /** Takes some, whether or not they are left. */
  spend(amount: number, key = "", { perSecond } = this.#rate()): void {
    const now = this.#clock.now();
    this.#fullAt.set(key, Math.max(this.#fullAt.get(key) ?? 0, now) + (amount * 1000) / perSecond);
    if (this.#fullAt.size <= KEYS_MAX) return;
    for (const [one, fullAt] of this.#fullAt) if (fullAt <= now) this.#fullAt.delete(one);
  }

  /** Takes one; false when none is left. */
  take(key = "", rate = this.#rate()): boolean {
    if (this.left(key, rate) < 1 - ROUNDING) return false;
    this.spend(1, key, rate);
    return true;
  }

  /** Takes one and resolves when it is there: callers wait in line. Rejects with the signal's reason; the turn is used up then. */
  async turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.spend(1);
    const missing = -this.left();
    if (missing > ROUNDING) await this.#clock.sleep((missing * 1000) / this.#rate().perSecond, signal);
  }
}

/**
 * What all rooms of a process share: how often the platform may be asked and connected to, and the memory of what waits. A restart with 500
 * rooms must not burst.
 */
export interface Budgets {
  readonly requests: RateLimiter;
  readonly connects: RateLimiter;
  /** Bytes of memory that was received by sockets and waits to be stored. */
  readonly held: { bytes: number };
}
