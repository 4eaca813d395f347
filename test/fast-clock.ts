import { type Clock, systemClock } from "../src/runtime/clock.js";

/** The real clock, run so many times faster: for tests with real sockets, where a clock that stands still would stop nothing but us. */
export function fastClock(factor: number): Clock {
  const start = Date.now();
  return {
    uptime: () => ({ start: `fast:${start}`, ms: (Date.now() - start) * factor }),
    now: () => start + Math.floor((Date.now() - start) * factor),
    sleep: (ms, signal) => systemClock.sleep(ms / factor, signal),
    every: (ms, call) => systemClock.every(ms / factor, call),
  };
}
