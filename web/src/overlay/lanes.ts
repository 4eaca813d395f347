/** What flies in a lane. */
interface Flight {
  readonly at: number;
  readonly width: number;
}

/** Lanes of flying danmu: in none of them does one run into another, whatever their lengths. */
export class Lanes {
  readonly #flightMs: number;
  readonly #last: (Flight | null)[];

  /** @param flightMs from the right edge until the tail has left by the left edge */
  constructor(count: number, flightMs: number) {
    this.#flightMs = flightMs;
    this.#last = Array.from({ length: count }, () => null);
  }

  /** Takes the first lane that is free for a text of this width. @param across width of the picture, pixels @returns -1 when none is */
  take(width: number, across: number, now: number): number {
    const lane = this.#last.findIndex((last) => last === null || this.#fits(last, width, across, now));
    if (lane >= 0) this.#last[lane] = { at: now, width };
    return lane;
  }

  /** All cross in the same time, so longer ones are faster: neither may begin in the one before nor catch up with it. */
  #fits(before: Flight, width: number, across: number, now: number): boolean {
    const entered = before.at + (this.#flightMs * before.width) / (across + before.width);
    const gone = before.at + this.#flightMs;
    const arrives = now + (this.#flightMs * across) / (across + width);
    return now >= entered && arrives >= gone;
  }
}
