/** The time, and waiting, as the simulator is handed it: no test waits for a heartbeat to be missed. */
export interface Clock {
  /** ms UTC */
  now(): number;
  /** Runs `run` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

/** The machine's own clock. Its timers do not keep the process alive; the listening socket does. */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    after: (delayMs, run) => {
      const timer = setTimeout(run, delayMs);
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
}

/** A clock that stands still until it is told to advance. */
export class ManualClock implements Clock {
  #now: number;
  #order = 0;
  readonly #waiting = new Map<number, { readonly at: number; readonly run: () => void }>();

  /** @param now where it stands at first, ms UTC */
  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): () => void {
    const id = this.#order++;
    this.#waiting.set(id, { at: this.#now + Math.max(0, delayMs), run });
    return () => void this.#waiting.delete(id);
  }

  /** Moves on by `ms`, running what falls due in order, each at its own time. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      let due: number | undefined;
      let dueAt = Number.POSITIVE_INFINITY;
      for (const [id, timer] of this.#waiting) {
        if (timer.at <= end && timer.at < dueAt) {
          due = id;
          dueAt = timer.at;
        }
      }
      const timer = due === undefined ? undefined : this.#waiting.get(due);
      if (due === undefined || timer === undefined) break;
      this.#waiting.delete(due);
      this.#now = Math.max(this.#now, timer.at);
      timer.run();
    }
    this.#now = end;
  }
}
