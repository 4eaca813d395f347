import { type Clock, systemClock } from "../src/runtime/clock.js";

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
