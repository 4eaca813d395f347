import type { Clock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import type { TokenRow } from "../store/tokens.js";

/** Error of a token that asked more often than it may. */
class RateLimited extends DyliveError {
  readonly details: { readonly retryAfterS: number };

  constructor(perMinute: number, retryAfterS: number) {
    super("rate_limited", `it may make ${perMinute} requests a minute; the next one in ${retryAfterS} s`);
    this.details = { retryAfterS };
  }
}

const MINUTE_MS = 60_000;

/**
 * Limits how often each token asks: as many at once as it may make in a minute, and then one for each share of the minute. What a
 * token has left is kept only while that is less than all.
 */
export class RateLimiter {
  readonly #clock: Clock;
  /** Time at which each token will have all of its minute again. */
  readonly #fullAt = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Tokens that are not back at their full minute. */
  get size(): number {
    return this.#fullAt.size;
  }

  /** @throws RateLimited */
  count({ id, perMinute }: TokenRow): void {
    if (perMinute === null) return;
    const now = this.#clock.now();
    const shareMs = MINUTE_MS / perMinute;
    const fullAt = Math.max(this.#fullAt.get(id) ?? now, now) + shareMs;
    const overMs = fullAt - now - MINUTE_MS;
    // A share is not a whole number of ms.
    if (overMs > 1e-6) throw new RateLimited(perMinute, Math.max(1, Math.ceil(overMs / 1000)));
    this.#fullAt.set(id, fullAt);
    if (this.#fullAt.size > 1_000) this.#forget(now);
  }

  #forget(now: number): void {
    for (const [id, fullAt] of this.#fullAt) if (fullAt <= now) this.#fullAt.delete(id);
  }
}
