/** Most requests begun in one turn of the event loop; most of their work comes later. */
const TURN_MAX = 15;
/** Longest time for which arriving connections put requests off, in ms. */
const ACCEPT_FIRST_MS = 100;

/** Requests in the order in which they are begun: health checks, first requests of a connection, later ones. */
const RANKS = { health: 0, first: 1, later: 2 } as const;

/**
 * Begins a few requests in each turn of the event loop. A turn accepts one connection: long turns would let a flood of requests keep new
 * connections waiting.
 */
export class RequestQueue {
  readonly #waiting: readonly (() => void)[][] = Object.values(RANKS).map(() => []);
  #begunAt = 0;
  #isDue = false;
  #hasNew = false;

  /** Notes a new connection. */
  connected(): void {
    this.#hasNew = true;
    this.#turnSoon();
  }

  /** Begins a request in one of the next turns. Ranks take turns, so that none starves another. */
  add(rank: keyof typeof RANKS, begin: () => void): void {
    this.#waiting[RANKS[rank]]?.push(begin);
    this.#turnSoon();
  }

  #turnSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    const hasNew = this.#hasNew;
    this.#hasNew = false;
    this.#isDue = false;
    if (this.#waiting.every(({ length }) => length === 0)) return;
    const now = performance.now();
    if (!hasNew || now - this.#begunAt >= ACCEPT_FIRST_MS) {
      this.#begunAt = now;
      for (let n = 0; n < TURN_MAX; n++) this.#waiting[n % this.#waiting.length]?.shift()?.();
    }
    this.#turnSoon();
  }
}
