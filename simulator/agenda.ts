import type { Clock } from "../src/runtime/clock.js";
import type { Planned } from "./outgoing.js";

interface Appointment {
  readonly at: number;
  readonly run: () => Planned | null;
}

/** Queue of what is to happen, sorted by time and, within one time, by order of arrival. What happens may add to it. */
export class Agenda {
  readonly #entries: Appointment[] = [];

  /** Adds something to the queue. */
  add(at: number, run: () => Planned | null): void {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const there = this.#entries[middle];
      if (there !== undefined && there.at <= at) low = middle + 1;
      else high = middle;
    }
    this.#entries.splice(low, 0, { at, run });
  }

  /** Runs all that is due and returns the messages that come of it, in order. */
  until(ms: number): Planned[] {
    const out: Planned[] = [];
    for (;;) {
      const next = this.#entries[0];
      if (next === undefined || next.at > ms) return out;
      this.#entries.shift();
      const planned = next.run();
      if (planned !== null) out.push(planned);
    }
  }
}

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
