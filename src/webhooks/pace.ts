import { type Clock, monotonicMs } from "../runtime/clock.js";

/** Most messages that are waited for before one of the same address. */
const MOST_WAITING = 100;
/** Addresses that are remembered before those whose turn is over are forgotten. */
const MOST_ADDRESSES = 1_000;

/**
 * Paces what addresses are sent: deliveries wait for their turn, a test has it at once or not at all. Several hooks may lead to one address. A
 * process has one.
 */
export class AddressPace {
  readonly #clock: Clock;
  /** Time from which each address may be sent the next message, by {@link monotonicMs}. */
  readonly #freeAt = new Map<string, number>();
  /** Time until which each address wants to be left alone, by {@link monotonicMs}, and for how many ms it asked that. */
  readonly #putOff = new Map<string, { readonly until: number; readonly ms: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes the next turn. @param pauseMs least time between two messages  @returns ms until it comes */
  wait(url: string, pauseMs: number): number {
    const leftMs = this.#leftMs(url, pauseMs);
    this.#busy(url, leftMs + pauseMs);
    return leftMs;
  }

  /** Takes the turn that is now. @returns 0, or the ms until the next one where it is another's: then none is taken */
  take(url: string, pauseMs: number): number {
    const leftMs = this.#leftMs(url, pauseMs);
    if (leftMs === 0) this.#busy(url, pauseMs);
    return leftMs;
  }

  /** Leaves an address alone for so many ms, as it asked. */
  putOff(url: string, ms: number): void {
    const now = monotonicMs(this.#clock);
    if (ms > this.putOffMs(url)) this.#putOff.set(url, { until: now + ms, ms });
    if (this.#putOff.size > MOST_ADDRESSES) for (const [one, { until }] of this.#putOff) if (until <= now) this.#putOff.delete(one);
  }

  /** Returns the ms for which an address still wants to be left alone: whatever the clock did, never more than it asked. */
  putOffMs(url: string): number {
    const { until, ms } = this.#putOff.get(url) ?? { until: Number.NEGATIVE_INFINITY, ms: 0 };
    return Math.max(0, Math.min(until - monotonicMs(this.#clock), ms));
  }

  /** Returns the ms until an address is free: whatever the clock did, never more than it asked and those who wait for it take. */
  #leftMs(url: string, pauseMs: number): number {
    const offMs = this.putOffMs(url);
    const turnsMs = (this.#freeAt.get(url) ?? Number.NEGATIVE_INFINITY) - monotonicMs(this.#clock) - offMs;
    return offMs + Math.max(0, Math.min(turnsMs, MOST_WAITING * pauseMs));
  }

  #busy(url: string, ms: number): void {
    const now = monotonicMs(this.#clock);
    this.#freeAt.set(url, now + ms);
    if (this.#freeAt.size > MOST_ADDRESSES) for (const [one, at] of this.#freeAt) if (at <= now) this.#freeAt.delete(one);
  }
}
