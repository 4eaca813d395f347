import type { Clock } from "../src/runtime/clock.js";

interface Timer {
  at: number;
  readonly every: number | null;
  readonly run: () => void;
}

/** A clock that stands still until it is moved: no test waits. Like the real one it tells whole milliseconds, however long somebody sleeps. */
export class FakeClock implements Clock {
  #now: number;
  readonly #timers = new Set<Timer>();

  constructor(now = 1_700_000_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const abort = () => {
        if (this.#timers.delete(timer)) reject(signal?.reason);
      };
      const run = () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      };
      const timer: Timer = { at: this.#now + Math.ceil(ms), every: null, run };
      this.#timers.add(timer);
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  every(ms: number, call: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.ceil(ms), every: Math.ceil(ms), run: call };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Goes on by `ms`, running what comes due in order, and lets what it started run between steps. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await breathe();
      const next = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.at);
      if (next.every === null) this.#timers.delete(next);
      else next.at += next.every;
      next.run();
    }
    this.#now = end;
    await breathe();
  }
}

/** Lets promises and I/O callbacks that are ready run. */
export async function breathe(turns = 3): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}
