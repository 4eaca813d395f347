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
      await yieldToEventLoop();
      const next = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.at);
      if (next.every === null) this.#timers.delete(next);
      else next.at += next.every;
      next.run();
    }
    this.#now = end;
    await yieldToEventLoop();
  }
}

/** A clock that stands still until it is moved, and that somebody may set: how long the machine runs is another matter. */
export class SettableClock extends FakeClock {
  #wrongMs = 0;

  override now(): number {
    return super.now() + this.#wrongMs;
  }

  uptimeMs(): number {
    return super.now();
  }

  /** Sets the clock forward by `ms`, or back. */
  set(ms: number): void {
    this.#wrongMs += ms;
  }
}

/** Lets the clock go on until something has ended. */
export async function during<T>(clock: FakeClock, work: Promise<T>): Promise<T> {
  let ended = false;
  const end = () => {
    ended = true;
  };
  work.then(end, end);
  while (!ended) await clock.advance(100);
  return work;
}

/** Lets promises and I/O callbacks that are ready run. */
export async function yieldToEventLoop(turns = 3): Promise<void> {
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

/**
 * A clock that runs so many times faster than the real one, for tests with real sockets, where a clock that stands still would stop nothing
 * but us. It goes on while this process runs: a process that is held up, by a loaded machine or by its own work, is not late for its own
 * timers, since its time was held up as well.
 */
export function fastClock(factor: number): Clock {
  const start = Date.now();
  const beginning = elapsed();
  const passed = () => (elapsed() - beginning) * factor;
  return {
    uptimeMs: passed,
    now: () => start + Math.floor(passed()),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const stop = waitFor(ms / factor, () => {
          signal?.removeEventListener("abort", abort);
          resolve();
        });
        const abort = () => {
          stop();
          reject(signal?.reason);
        };
        signal?.addEventListener("abort", abort, { once: true });
      }),
    every: (ms, call) => {
      let stop = () => {};
      const again = () => {
        stop = waitFor(ms / factor, () => {
          again();
          call();
        });
      };
      again();
      return () => stop();
    },
  };
}

/** Longest time, in ms, that counts between two looks at the timers; on a machine with nothing else to do it is one or two. */
const LONGEST_STEP_MS = 10;

/** Time, in ms, for which this process has run, as far as it counts; and what waits for its hour, soonest first. */
let ran = 0;
const waiting: { readonly at: number; readonly run: () => void }[] = [];
let looked = performance.now();
let looking: NodeJS.Timeout | null = null;

/** Counts the time since the last look. Where nothing waits there are no looks, and all of it counts. */
function elapsed(): number {
  const now = performance.now();
  ran += looking === null ? now - looked : Math.min(now - looked, LONGEST_STEP_MS);
  looked = now;
  return ran;
}

function look(): void {
  elapsed();
  for (let next = waiting[0]; next !== undefined && next.at <= ran; next = waiting[0]) {
    waiting.shift();
    next.run();
  }
  if (waiting.length > 0 || looking === null) return;
  clearInterval(looking);
  looking = null;
}

/** Calls back after so many ms of {@link ran}. @returns calls it off */
function waitFor(ms: number, run: () => void): () => void {
  const timer = { at: elapsed() + Math.max(ms, 0), run };
  looking ??= setInterval(look, 1).unref();
  const behind = waiting.findLastIndex(({ at }) => at <= timer.at);
  waiting.splice(behind + 1, 0, timer);
  return () => {
    const place = waiting.indexOf(timer);
    if (place >= 0) waiting.splice(place, 1);
  };
}
