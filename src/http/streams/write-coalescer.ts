import type { Clock } from "../../runtime/clock.js";

/** Length of a turn, in ms. A write costs the same for one batch as for twenty, and nobody sees 15 ms. */
const TURN_MS = 15;
/** Most bytes that wait; with more, they leave at once: what waits here must not make a reader look slow. */
const WAITING_MAX_BYTES = 65_536;

/** Connection that can hold back what is written to it. */
export interface CoalescedWriter {
  readonly writableLength: number;
  cork(): void;
  uncork(): void;
}

/**
 * Lets everything that a connection is given within a turn leave in one write. The first bytes of a quiet connection leave at once; what
 * follows within the turn leaves at its end, when the next turn begins. For connections of several rooms: each busy room brings a batch of
 * its own.
 */
export class WriteCoalescer {
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  /** Connections that were written to in this turn. */
  #seen = new Set<CoalescedWriter>();
  /** Those of them that hold something back. */
  #held = new Set<CoalescedWriter>();
  #running = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Holds back what is written next, where the connection was written to in this turn already. To be called before each write to a
   * connection.
   */
  hold(stream: CoalescedWriter): void {
    if (this.#stop.signal.aborted) return;
    if (this.#held.has(stream)) {
      if (stream.writableLength > WAITING_MAX_BYTES) this.#release(stream);
      return;
    }
    if (this.#seen.has(stream)) {
      this.#held.add(stream);
      stream.cork();
    } else this.#seen.add(stream);
    if (!this.#running) void this.#run();
  }

  /** Releases everything; from now on nothing is held back. */
  close(): void {
    this.#stop.abort();
    for (const stream of this.#held) stream.uncork();
    this.#held.clear();
    this.#seen.clear();
  }

  #release(stream: CoalescedWriter): void {
    this.#held.delete(stream);
    stream.uncork();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#seen.size > 0) {
      await this.#clock.sleep(TURN_MS, this.#stop.signal).catch(() => {});
      if (this.#stop.signal.aborted) break;
      for (const stream of this.#held) stream.uncork();
      // They have just been written to.
      this.#seen = this.#held;
      this.#held = new Set();
    }
    this.#running = false;
  }
}
