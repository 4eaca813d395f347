/** How long requests are begun in one turn of the event loop. */
const TURN_MS = 10;
/** Requests that waited which are begun in one turn: most of their work comes once all of these have begun. */
const TURN_MAX = 16;
/** For so long new connections come first; then a turn's requests are begun, however many connections still come. */
const CONNECTIONS_FIRST_MS = 100;

/**
 * Begins requests, for some ms in each turn of the event loop: a thousand that come at once would keep everything else waiting until all of
 * them have begun. What waits is one request of each connection.
 *
 * The system hands over one new connection a turn, in the order in which they came. While they come, turns are kept short: who watches over us
 * would else wait behind a thousand connections and a turn's work for each.
 */
export class Beginnings {
  readonly #waiting: (() => void)[] = [];
  /** When this turn's first request began; null when none has. */
  #since: number | null = null;
  /** When requests that waited were begun last, or began to wait. */
  #begunAt = 0;
  #isDue = false;
  /** A connection came in this turn. */
  #hasNew = false;

  /** Notes that a connection came. */
  connected(): void {
    this.#hasNew = true;
    this.#turnSoon();
  }

  /** Begins a request, now or in a later turn; in the order in which they came. */
  add(begin: () => void): void {
    const now = performance.now();
    this.#turnSoon();
    if (this.#waiting.length === 0) {
      if (!this.#hasNew && now - (this.#since ?? now) < TURN_MS) {
        this.#since ??= now;
        begin();
        return;
      }
      this.#begunAt = now;
    }
    this.#waiting.push(begin);
  }

  #turnSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    const hasNew = this.#hasNew;
    this.#isDue = false;
    this.#hasNew = false;
    this.#since = null;
    if (this.#waiting.length === 0) return;
    this.#turnSoon();
    const now = performance.now();
    if (hasNew && now - this.#begunAt < CONNECTIONS_FIRST_MS) return;
    this.#begunAt = now;
    this.#since = now;
    for (let begun = 0; begun < TURN_MAX && performance.now() - now < TURN_MS; begun++) this.#waiting.shift()?.();
  }
}
