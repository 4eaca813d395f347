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
}

/** Bounded queue to one connection: nothing is written to a reader that does not take what it was given. */
export class OutboundQueue {
  readonly #stream: OutboundStream;
  readonly #bounds: OutboundBounds;

  constructor(stream: OutboundStream, bounds: OutboundBounds) {
    this.#stream = stream;
    this.#bounds = bounds;
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

  /** Waits until little is queued, the connection is gone or the signal aborts. The owner of the connection cuts a client that takes nothing. */
  async drained(signal: AbortSignal): Promise<void> {
    while (this.#stream.writableLength >= this.#bounds.readyBytes && !this.#stream.destroyed && !signal.aborted)
      await new Promise<void>((resolve) => {
        const done = () => {
          this.#stream.off("drain", done);
          this.#stream.off("close", done);
          signal.removeEventListener("abort", done);
          resolve();
        };
        this.#stream.on("drain", done);
        this.#stream.on("close", done);
        signal.addEventListener("abort", done, { once: true });
      });
  }
}
