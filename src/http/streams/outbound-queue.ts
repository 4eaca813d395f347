import type { Clock } from "../../runtime/clock.js";

/** Stream that an {@link OutboundQueue} writes to: a socket, or an HTTP answer. */
interface OutboundStream {
  readonly writableLength: number;
  readonly destroyed: boolean;
  write(bytes: Buffer | string): boolean;
  on(event: "drain" | "close", call: () => void): unknown;
  off(event: "drain" | "close", call: () => void): unknown;
  destroy(): unknown;
}

/** Bounds of what is queued in our memory for one reader; the kernel's buffers come on top. */
export interface OutboundBounds {
  /** Most queued bytes; beyond it a reader is too slow to go on. One batch may come on top, whose bytes are shared by all readers. */
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

  /** Writes, or answers false when too much is queued already. */
  write(bytes: Buffer | string): boolean {
    if (this.isFull) return false;
    if (!this.#stream.destroyed) this.#stream.write(bytes);
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
