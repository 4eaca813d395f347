import type { Clock } from "../src/runtime/clock.js";

/** Delays things by as much as the platform is late, and always keeps their order. */
export class Late {
  readonly #clock: Clock;
  readonly #lateMs: () => number;
  #before: Promise<void> = Promise.resolve();
  #waiting = 0;

  /** @param lateMs how late the platform is now; 0 is not at all */
  constructor(clock: Clock, lateMs: () => number) {
    this.#clock = clock;
    this.#lateMs = lateMs;
  }

  run(work: () => void): void {
    const ms = this.#lateMs();
    if (ms === 0 && this.#waiting === 0) {
      work();
      return;
    }
    this.#waiting++;
    const due = this.#clock.sleep(ms);
    this.#before = this.#before
      .then(() => due)
      .then(() => {
        this.#waiting--;
        work();
      });
  }
}
