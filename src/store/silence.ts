/**
 * Measures for how long a partner that was asked has answered nothing at all. One of several answers ends the silence: the others may just
 * take longer.
 */
export class Silence {
  #open = 0;
  #since = 0;

  /** Notes that something was asked. @param at ms UTC */
  asked(at: number): void {
    if (this.#open++ === 0) this.#since = at;
  }

  /** Notes that something that was asked came to an end. @param at ms UTC */
  answered(at: number): void {
    this.#open--;
    this.#since = at;
  }

  /** Returns for how long nothing was answered, ms; 0 when nothing is asked. @param now ms UTC */
  ms(now: number): number {
    return this.#open === 0 ? 0 : Math.max(0, now - this.#since);
  }

  /** Time since when nothing was answered, ms UTC; meant while something is asked. */
  get since(): number {
    return this.#since;
  }
}
