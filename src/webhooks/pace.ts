import { type Clock, monotonicMs } from "../runtime/clock.js";

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
  /** Time until which each address wants to be left alone, by {@link monotonicMs}. */
  readonly #putOffUntil = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes the next turn. @param pauseMs least time between two messages  @returns ms until it comes */
  wait(url: string, pauseMs: number): number {
    const leftMs = Math.max(this.putOffMs(url), this.#leftMs(this.#freeAt, url));
    this.#set(this.#freeAt, url, leftMs + pauseMs);
    return leftMs;
  }

  /** Takes the turn that is now. @returns 0, or the ms until the next one where it is another's: then none is taken */
  take(url: string, pauseMs: number): number {
    const leftMs = Math.max(this.putOffMs(url), this.#leftMs(this.#freeAt, url));
    if (leftMs === 0) this.#set(this.#freeAt, url, pauseMs);
    return leftMs;
  }

  /** Leaves an address alone for so many ms, as it asked. */
  putOff(url: string, ms: number): void {
    if (ms > this.putOffMs(url)) this.#set(this.#putOffUntil, url, ms);
  }

  /** Returns the ms for which an address still wants to be left alone. */
  putOffMs(url: string): number {
    return this.#leftMs(this.#putOffUntil, url);
  }

  #leftMs(times: ReadonlyMap<string, number>, url: string): number {
    return Math.max(0, (times.get(url) ?? 0) - monotonicMs(this.#clock));
  }

  #set(times: Map<string, number>, url: string, ms: number): void {
    const now = monotonicMs(this.#clock);
    times.set(url, now + ms);
    if (times.size > MOST_ADDRESSES) for (const [one, at] of times) if (at <= now) times.delete(one);
  }
}
