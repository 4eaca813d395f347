import type { Clock } from "../../runtime/clock.js";

/** Stream that an {@link OutboundQueue} writes to: a socket, or an HTTP answer. */
interface OutboundStream extends CoalescedWriter {
  readonly destroyed: boolean;
  write(bytes: Buffer | string): boolean;
  on(event: "drain" | "close", call: () => void): unknown;
  off(event: "drain" | "close", call: () => void): unknown;
  destroy(): unknown;
}

/** Bounds of what is queued in our memory for one reader; the kernel's buffers come on top. */
export interface OutboundBounds {
  /** Most queued bytes; beyond it a reader is too slow to go on. One batch may come on top, but its bytes are shared by all readers. */
  readonly maxQueuedBytes: number;
  /** Bytes below which a reader that catches up is given more. */
  readonly readyBytes: number;
  /** Time after which a reader that is catching up and takes nothing is too slow to go on, in ms. */
  readonly stallMs: number;
}

/** Bounded queue to one connection: nothing is written to a reader that does not take what it was given. */
export class OutboundQueue {
  readonly #stream: OutboundStream;
  readonly #bounds: OutboundBounds;
  readonly #clock: Clock;

  constructor(stream: OutboundStream, bounds: OutboundBounds, clock: Clock) {
    this.#stream = stream;
    this.#bounds = bounds;
    this.#clock = clock;
  }

  /** Bytes that the reader has not yet taken. */
  get queued(): number {
    return this.#stream.writableLength;
  }

  /** Whether too much is queued already for anything more. */
  get isFull(): boolean {
    return this.#stream.writableLength > this.#bounds.maxQueuedBytes;
  }

  /**
   * Writes, or answers false when too much is queued already.
   * @param coalescer lets it leave together with what else comes in these ms
   */
  write(bytes: Buffer | string, coalescer: WriteCoalescer | null = null): boolean {
    if (this.isFull) return false;
    if (this.#stream.destroyed) return true;
    coalescer?.hold(this.#stream);
    this.#stream.write(bytes);
    return true;
  }

  /** Waits until little is queued; false when the reader took nothing for too long. Ends early with the signal or the connection. */
  async ready(signal: AbortSignal): Promise<boolean> {
    while (this.#stream.writableLength >= this.#bounds.readyBytes && !this.#stream.destroyed && !signal.aborted) {
      const before = this.#stream.writableLength;
      if (!(await this.#drained(signal)) && !signal.aborted && this.#stream.writableLength >= before) return false;
    }
    return true;
  }

  async #drained(signal: AbortSignal): Promise<boolean> {
    const waiting = new AbortController();
    const drained = new Promise<boolean>((resolve) => {
      const done = () => {
        this.#stream.off("drain", done);
        this.#stream.off("close", done);
        signal.removeEventListener("abort", done);
        resolve(true);
      };
      waiting.signal.addEventListener("abort", done, { once: true });
      this.#stream.on("drain", done);
      this.#stream.on("close", done);
      signal.addEventListener("abort", done, { once: true });
    });
    const stalled = this.#clock.sleep(this.#bounds.stallMs, waiting.signal).then(
      () => false,
      () => true,
    );
    const result = await Promise.race([drained, stalled]);
    waiting.abort();
    return result;
  }
}

/** Length of a turn, in ms. A write costs the same for one batch as for twenty, and nobody sees 15 ms. */
const TURN_MS = 15;
/** Most bytes that wait; with more, they leave at once: what waits here must not make a reader look slow. */
const WAITING_MAX_BYTES = 65_536;

/** Connection that can hold back what is written to it. */
interface CoalescedWriter {
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
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Holds back what is written next, where the connection was written to in this turn already. To be called before each write to a
   * connection.
   */
  hold(stream: CoalescedWriter): void {
    if (this.#isClosed) return;
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
    this.#isClosed = true;
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
      if (this.#isClosed) break;
      for (const stream of this.#held) stream.uncork();
      // They have just been written to.
      this.#seen = this.#held;
      this.#held = new Set();
    }
    this.#running = false;
  }
}
