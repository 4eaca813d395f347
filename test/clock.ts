import { type Clock, systemClock } from "../src/runtime/clock.js";

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

  /** Number of sleeps under way. */
  get sleeping(): number {
    return [...this.#timers].filter(({ every }) => every === null).length;
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

/** The real clock, but that waits of these lengths end when the test says so: no test races them. */
export class HeldClock implements Clock {
  readonly #held: ReadonlySet<number>;
  readonly #waiting = new Set<() => void>();

  /** @param held lengths of waits, ms */
  constructor(...held: readonly number[]) {
    this.#held = new Set(held);
  }

  now(): number {
    return systemClock.now();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (!this.#held.has(ms)) return systemClock.sleep(ms, signal);
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      this.#waiting.add(resolve);
      const abort = () => {
        this.#waiting.delete(resolve);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  every(ms: number, call: () => void): () => void {
    return systemClock.every(ms, call);
  }

  /** Ends the waits that are held now. */
  release(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

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
