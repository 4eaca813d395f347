/** A clock that goes off by less than this is set right in the usual way. */
const JUMP_MS = 3_600_000;
/** After a jump, and after a long silence, nothing is removed by age for so long: time for somebody to set the clock right. */
const HOLD_MS = 86_400_000;

/**
 * Whether the machine's clock can be believed when it says that something is old. A clock that jumps ahead by years would have everything
 * removed at once.
 */
export class ClockDoubt {
  #wall: number;
  #steady: number;
  #since: number | null = null;
  #silence: number | null = null;

  /** @param wall ms UTC @param steady ms of a clock that nobody sets */
  constructor(wall: number, steady: number) {
    this.#wall = wall;
    this.#steady = steady;
  }

  /**
   * @param newest when the newest event was received, ms UTC; null when there is none
   * @returns why the clock is not believed now, in one sentence; null when it is
   */
  look(wall: number, steady: number, newest: number | null): string | null {
    const jump = wall - this.#wall - (steady - this.#steady);
    if (Math.abs(jump) > JUMP_MS) {
      this.#since ??= steady;
      if (steady - this.#since < HOLD_MS)
        return `the clock of this machine jumped by ${Math.round(jump / 1000)} s: nothing is removed by age for a day, unless it jumps back`;
    }
    this.#wall = wall;
    this.#steady = steady;
    this.#since = null;
    return this.#afterSilence(wall, steady, newest);
  }

  /** When nothing came for long, either nothing was collected or the clock was set wrong while dylive did not run. */
  #afterSilence(wall: number, steady: number, newest: number | null): string | null {
    if (newest === null || wall - newest < HOLD_MS) {
      this.#silence = null;
      return null;
    }
    this.#silence ??= steady;
    if (steady - this.#silence >= HOLD_MS) return null;
    const days = Math.floor((wall - newest) / HOLD_MS);
    return `by the clock of this machine the newest event is ${days} days old: nothing is removed by age until events come in or a day has passed`;
  }
}
