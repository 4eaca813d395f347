import { readUptime, type Uptime } from "./uptime.js";

/** Clock that is handed to everything that waits, so that no test sleeps for a heartbeat, a back-off or a day. */
export interface Clock {
  /** Returns the time in whole ms UTC. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when that aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls back every `ms` until the returned function is called. Never keeps the process alive. */
  every(ms: number, call: () => void): () => void;
  /** Returns how long the machine has been running, by a clock that nobody sets; absent where none is known. */
  uptime?(): Uptime;
}

/** Clock of the real time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  uptime: readUptime,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", abort);
        resolve();
      }, ms);
      const abort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", abort, { once: true });
    }),
  every: (ms, call) => {
    const timer = setInterval(call, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
};

/** Waits for work that may hang, unless the signal aborts: then the work goes on, and nobody waits for it. @throws the signal's reason */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/**
 * Makes a signal that aborts with another one, or after this time (ms, real time). Node 20 holds a bare `AbortSignal.timeout` inside of
 * `AbortSignal.any` so weakly that it may be collected before its time, and then it never aborts; one with a listener is kept.
 */
export function within(signal: AbortSignal, ms: number): AbortSignal {
  const late = AbortSignal.timeout(ms);
  late.addEventListener("abort", () => {}, { once: true });
  return AbortSignal.any([signal, late]);
}
