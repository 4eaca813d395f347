/** How long requests are begun in one turn of the event loop. */
const TURN_MS = 10;
/** Requests that waited which are begun in one turn: most of their work comes once all of these have begun. */
const TURN_MAX = 16;

/**
 * Begins requests, for some ms in each turn of the event loop: a thousand that come at once would keep everything else waiting until all of
 * them have begun. What waits is one request of each connection.
 */
export class Beginnings {
  readonly #waiting: (() => void)[] = [];
  /** When this turn's first request began; null when none has. */
  #since: number | null = null;

  /** Begins a request, now or in a later turn; in the order in which they came. */
  add(begin: () => void): void {
    if (this.#since === null) {
      this.#since = performance.now();
      setImmediate(() => this.#turn());
    }
    if (this.#waiting.length === 0 && performance.now() - this.#since < TURN_MS) begin();
    else this.#waiting.push(begin);
  }

  #turn(): void {
    this.#since = null;
    const waiting = this.#waiting.splice(0);
    if (waiting.length === 0) return;
    this.#since = performance.now();
    setImmediate(() => this.#turn());
    let begun = 0;
    while (begun < Math.min(waiting.length, TURN_MAX) && performance.now() - this.#since < TURN_MS) waiting[begun++]?.();
    this.#waiting.unshift(...waiting.slice(begun));
  }
}
