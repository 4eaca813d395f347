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
