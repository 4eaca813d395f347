import type { Clock } from "../runtime/clock.js";
import { type Budgets, RateLimiter } from "../runtime/rate-limiter.js";

/** Rates at which a process may ask the platform and connect to it, for all of its rooms. */
export interface CollectionRates {
  readonly requestsPerS: number;
  readonly connectsPerS: number;
}

/** Default rates: a page is a megabyte, a connect is cheap. */
export const RATES: CollectionRates = { requestsPerS: 5, connectsPerS: 20 };

/** Seconds' worth that may come at once after a pause: a process that is given the rooms of another must not wait. */
const BURST_S = 2;

/** Returns the budgets that the rooms of a process share. */
export function budgetsOf(clock: Clock, { requestsPerS, connectsPerS }: CollectionRates): Budgets {
  return {
    requests: new RateLimiter(clock, { perSecond: requestsPerS, burst: Math.max(1, requestsPerS * BURST_S) }),
    connects: new RateLimiter(clock, { perSecond: connectsPerS, burst: Math.max(1, connectsPerS * BURST_S) }),
  };
}
