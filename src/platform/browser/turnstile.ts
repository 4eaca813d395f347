import { untilAborted } from "../../runtime/clock.js";

/** Lets so many through at a time, in the order in which they came. */
export class Turnstile {
  readonly #width: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(width: number) {
    this.#width = width;
  }

  /** Does the work once there is room for it. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    if (this.#inside < this.#width) this.#inside++;
    else await this.#turn(signal);
    try {
      return await work();
    } finally {
      this.#pass();
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    let come: () => void = () => {};
    const turn = new Promise<void>((resolve) => {
      come = resolve;
    });
    this.#waiting.push(come);
    return untilAborted(turn, signal).catch((error: unknown) => {
      const at = this.#waiting.indexOf(come);
      if (at >= 0) this.#waiting.splice(at, 1);
      else this.#pass(); // it was our turn already
      throw error;
    });
  }

  /** Gives the place to the caller that has waited longest. */
  #pass(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#inside--;
    else next();
  }
}
