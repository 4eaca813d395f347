import { setMaxListeners } from "node:events";
import { uptime } from "node:os";
import { DyliveError } from "./errors.js";
import { msg } from "./msg.js";

/** Clock that is handed to everything that waits, so that no test sleeps for a heartbeat, a back-off or a day. */
export interface Clock {
  /** Returns the time in whole ms UTC. */
  now(): number;
  /** Resolves after `ms`, or after 24 days; rejects with the signal's reason when that aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls back every `ms` until the returned function is called. Never keeps the process alive. */
  every(ms: number, call: () => void): () => void;
  /** Returns monotonic ms, sleep included; absent where no such clock is known. */
  uptimeMs?(): number;
}

/** Returns monotonic ms where there is such a clock, else those of the wall: setting that back by an hour prolongs each wait by an hour. */
export function monotonicMs(clock: Clock): number {
  return clock.uptimeMs?.() ?? clock.now();
}

/** Longest time that a timer of Node waits, in ms, 24 days: it takes a longer one for 1 ms. A longer wait ends then. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Clock of the real time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  uptimeMs: readUptime,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const abort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(
        () => {
          signal?.removeEventListener("abort", abort);
          resolve();
        },
        Math.min(ms, LONGEST_TIMER_MS),
      );
      signal?.addEventListener("abort", abort, { once: true });
    }),
  every: (ms, call) => {
    const timer = setInterval(call, Math.min(ms, LONGEST_TIMER_MS));
    timer.unref();
    return () => clearInterval(timer);
  },
};

/** Calls each of many things once a period, by one timer for all, spread over the period by when they were added. */
export class Wheel {
  readonly #clock: Clock;
  readonly #stepMs: number;
  readonly #steps: readonly Set<() => void>[];
  #at = 0;
  #count = 0;
  #stop = () => {};

  constructor(clock: Clock, periodMs: number, steps = 10) {
    this.#clock = clock;
    this.#stepMs = periodMs / steps;
    this.#steps = Array.from({ length: steps }, () => new Set());
  }

  /** Calls back once a period until the returned function is called. */
  every(call: () => void): () => void {
    const step = this.#steps[this.#at];
    step?.add(call);
    if (this.#count++ === 0) this.#stop = this.#clock.every(this.#stepMs, () => this.#turn());
    return () => {
      if (step?.delete(call) === true && --this.#count === 0) this.#stop();
    };
  }

  #turn(): void {
    this.#at = (this.#at + 1) % this.#steps.length;
    for (const call of this.#steps[this.#at] ?? []) call();
  }
}

/** Lets everything else have its turn: embedded stores answer without ever leaving the event loop's current phase. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Waits for work that may hang, unless the signal aborts: then the work goes on without being awaited. @throws the signal's reason */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** Makes a signal that aborts with another one, or after this time (ms, real time), with a `TimeoutError`. It lets go of the other one then. */
export function within(signal: AbortSignal, ms: number): AbortSignal {
  const either = linkedController(signal);
  const timer = setTimeout(() => {
    either.release();
    either.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
  }, ms);
  timer.unref();
  either.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  return either.signal;
}

/** Time that a reading is good for, in ms: the system's own costs a file to be opened, which is too much for every frame. */
const FRESH_MS = 1000;

let read = { ms: 0, at: Number.NEGATIVE_INFINITY };

/** Reads how long this machine has been running, to 20 ms on Linux and to a second elsewhere. */
function readUptime(): number {
  const at = performance.now();
  if (at - read.at > FRESH_MS) read = { ms: uptime() * 1000, at };
  return read.ms + at - read.at;
}

/** Controller that goes by signals, too. */
export interface FollowingController {
  readonly signal: AbortSignal;
  readonly abort: (reason?: unknown) => void;
  /** Lets go of the signals that it goes by; to be called when the work is over. */
  readonly release: () => void;
}

/**
 * Makes a controller that each of these signals aborts, too, with its reason. `AbortSignal.any` leaves something on a signal each time
 * that Node 20 never takes away (https://github.com/nodejs/node/issues/55351): 57 B, which a hook of 500 rooms left there 57 times a second. It
 * makes twice as many signals as well, of a kilobyte each, and a collected room has several all the time.
 */
export function linkedController(...signals: readonly AbortSignal[]): FollowingController {
  const controller = new AbortController();
  const followed = signals.map((signal) => ({ signal, pass: () => controller.abort(signal.reason) }));
  for (const { signal, pass } of followed) {
    setMaxListeners(0, signal); // hundreds go by one, and all let go of it
    if (signal.aborted) pass();
    else signal.addEventListener("abort", pass, { once: true });
  }
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release: () => {
      for (const { signal, pass } of followed) signal.removeEventListener("abort", pass);
    },
  };
}

/** Longest wait for the store where one can go on without it, in ms. */
export const PATIENCE_MS = 2000;

/** Reason that a wait for an answer is over: made once, since an abort without a reason makes an error with a stack. */
const ANSWERED = new Error("there is an answer");

/** Waits for the store no longer than `ms`; what was asked of it goes on. @throws DyliveError store_unreachable when it takes longer */
export async function withTimeout<T>(work: Promise<T>, ms: number, clock: Clock): Promise<T> {
  const answered = new AbortController();
  const late = clock.sleep(ms, answered.signal).then(() => {
    throw new DyliveError("store_unreachable", msg`no answer within ${Math.round(ms)} ms`);
  });
  late.catch(() => {}); // not awaited once there is an answer
  try {
    return await Promise.race([work, late]);
  } finally {
    answered.abort(ANSWERED);
  }
}

/**
 * Returns a number between two, so that what is done again and again is done neither by all at once nor at equal times.
 * @param random gives numbers from 0 up to 1
 */
export function randomBetween(from: number, to: number, random: () => number = Math.random): number {
  return from + random() * (to - from);
}

/** Bounds of a wait after failures in a row, in ms. */
export interface Backoff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** Waits by the reason why the last attempt failed, which decides how soon the next may come. */
const SETBACKS = {
  network: { firstMs: 1500, longestMs: 60_000 },
  // The platform's own bans last long; hammering makes them longer (facts/protocol.md section 5).
  refusal: { firstMs: 30_000, longestMs: 900_000 },
} as const satisfies Record<string, Backoff>;

/**
 * Returns how long to wait after the n-th setback in a row (from 1), in ms: full jitter below a bound that doubles, without end. At least a
 * tenth of the bound, so that those that failed together neither come back together nor at once.
 */
export function backoffMs(of: keyof typeof SETBACKS | Backoff, count: number): number {
  const { firstMs, longestMs } = typeof of === "string" ? SETBACKS[of] : of;
  const bound = Math.min(firstMs * 2 ** Math.min(Math.max(0, count - 1), 20), longestMs);
  return randomBetween(0.1 * bound, bound);
}
