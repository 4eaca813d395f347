import { type Clock, monotonicMs, type Wheel } from "./clock.js";

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
  /** When each key will have its whole burst again, by {@link #time}. */
  readonly #fullAt = new Map<string, number>();
  /** Those who wait, by line: that whose turn is next comes first. No line is empty. */
  readonly #lines = new Map<string, Set<() => void>>();
  #isServing = false;
  /** Aborts when no caller waits any more. */
  #idle = new AbortController();

  /** @param rate also as a function, where it may change */
  constructor(clock: Clock, rate: Rate | (() => Rate)) {
    this.#clock = clock;
    this.#rate = typeof rate === "function" ? rate : () => rate;
  }

  /** Returns how many a key may take now; below 0 it has taken too many. */
  left(key = "", { burst, perSecond } = this.#rate()): number {
    const owedMs = Math.max(0, (this.#fullAt.get(key) ?? 0) - monotonicMs(this.#clock));
    return burst - (owedMs * perSecond) / 1000;
  }

  /** Takes some, whether or not they are left. */
  spend(amount: number, key = "", { perSecond } = this.#rate()): void {
    const now = monotonicMs(this.#clock);
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

  /**
   * Takes one and resolves when it is there. Callers wait in lines, by the order of their calls; lines have their turn one after the other.
   * @param line callers that go on with what took a turn before wait in another line than those that begin, or they would wait for all of them
   * @throws the signal's reason when that aborts first; then nothing is taken
   */
  async turn(signal: AbortSignal, line = ""): Promise<void> {
    signal.throwIfAborted();
    if (this.#lines.size === 0 && this.take()) return;
    const own = this.#lines.get(line) ?? new Set();
    this.#lines.set(line, own);
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        own.delete(come);
        if (own.size === 0 && this.#lines.get(line) === own) this.#lines.delete(line);
        if (this.#lines.size === 0) this.#idle.abort();
        reject(signal.reason);
      };
      const come = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      own.add(come);
      signal.addEventListener("abort", leave, { once: true });
      if (!this.#isServing) void this.#serve();
    });
  }

  /** Gives waiting callers their turns as long as there are some. */
  async #serve(): Promise<void> {
    this.#isServing = true;
    while (this.#lines.size > 0) {
      const rate = this.#rate();
      if (this.take("", rate)) {
        this.#come();
        continue;
      }
      this.#idle = new AbortController();
      await this.#clock.sleep(((1 - this.left("", rate)) * 1000) / rate.perSecond, this.#idle.signal).catch(() => {});
    }
    this.#isServing = false;
  }

  /** Lets the first of the line come whose turn it is, which is the last one then. */
  #come(): void {
    for (const [line, own] of this.#lines) {
      const [first] = own;
      this.#lines.delete(line);
      own.delete(first as () => void);
      if (own.size > 0) this.#lines.set(line, own);
      first?.();
      return;
    }
  }
}

/** Line of {@link RateLimiter.turn} for requests of rooms that were looked up before. */
export const ON_THE_WAY = "on the way";

/** Bytes of memory that was received and waits to be stored, of all that share the bound. */
export interface PendingBytes {
  bytes: number;
  /** Bytes beyond which senders are held back. */
  readonly maxBytes: number;
}

/**
 * What all rooms of a process share: how often the platform may be asked and connected to, and the memory of what waits. A restart with 500
 * rooms must not burst.
 */
export interface Budgets {
  /** Rooms that are on their way, or connected, wait for it in the line {@link ON_THE_WAY}: one is connected while thousands are yet to be looked up. */
  readonly requests: RateLimiter;
  readonly connects: RateLimiter;
  /** Bytes of memory that was received by sockets and waits to be stored. */
  readonly held: PendingBytes;
  /** Sends the heartbeats of all sockets. */
  readonly heartbeats: Wheel;
}
