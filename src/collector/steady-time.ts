import { type Clock, monotonicMs } from "../runtime/clock.js";

/** Difference up to which the clock counts as not set, ms: it drifts, and is adjusted slowly. */
const DRIFT_MS = 5000;

/** Times of one process that stay comparable when the clock is set: ms UTC as the clock would say it had it not been set since the start. */
export class SteadyTime {
  readonly #clock: Clock;
  /** Clock minus {@link monotonicMs} at the start. */
  readonly #base: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#base = clock.now() - monotonicMs(clock);
  }

  now(): number {
    return this.steady(this.#clock.now());
  }

  /** Returns the steady time of a moment ago. @param at ms UTC by the clock */
  steady(at: number): number {
    return at - this.#setBy();
  }

  /** Returns a steady time by the clock as it is set now, ms UTC. */
  wall(at: number): number {
    return at + this.#setBy();
  }

  #setBy(): number {
    const by = Math.round(this.#clock.now() - monotonicMs(this.#clock) - this.#base);
    return Math.abs(by) <= DRIFT_MS ? 0 : by;
  }
}
