import type { Clock } from "../../runtime/clock.js";

/** Stream that an {@link OutboundQueue} writes to: a socket, or an HTTP answer. */
interface OutboundStream {
  readonly writableLength: number;
  readonly destroyed: boolean;
  write(bytes: Buffer | string): boolean;
  cork(): void;
  uncork(): void;
  on(event: "drain" | "close", call: () => void): unknown;
  off(event: "drain" | "close", call: () => void): unknown;
  destroy(): unknown;
}

/** Bounds of what is queued in our memory for one reader; the kernel's buffers come on top. */
export interface OutboundBounds {
  /** Most queued bytes; beyond it a reader is too slow to go on. What comes within a turn may come on top, but its bytes are shared by all readers. */
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
  /** Bytes that leave when the turn is over. */
  #held: HeldBytes | null = null;

  constructor(stream: OutboundStream, bounds: OutboundBounds, clock: Clock) {
    this.#stream = stream;
    this.#bounds = bounds;
    this.#clock = clock;
  }

  /** Bytes that the reader has not yet taken. */
  get queued(): number {
    return this.#stream.writableLength + (this.#held?.length ?? 0);
  }

  /** Whether too much is queued already for anything more. */
  get isFull(): boolean {
    return this.#stream.writableLength > this.#bounds.maxQueuedBytes;
  }

  /** Writes, after what is held back, or answers false when too much is queued already. */
  write(bytes: Buffer | string): boolean {
    this.release();
    if (this.isFull) return false;
    if (!this.#stream.destroyed) this.#stream.write(bytes);
    return true;
  }

  /** Writes, or lets the bytes leave together with what else comes within the turn; answers false when too much is queued already. */
  gather(bytes: Buffer, coalescer: WriteCoalescer): boolean {
    if (this.#held === null) {
      if (this.isFull) return false;
      if (this.#stream.destroyed) return true;
      const none = coalescer.hold(this);
      if (none === null) this.#stream.write(bytes);
      else this.#held = none.and(bytes);
      return true;
    }
    // Whether the connection is full was asked when it began to hold: each look at one of many costs more than this.
    this.#held = this.#held.and(bytes);
    if (this.#held.length > HELD_MAX_BYTES) this.release();
    return true;
  }

  /** Writes what is held back. */
  release(): void {
    const held = this.#held;
    this.#held = null;
    if (held !== null && !this.#stream.destroyed) held.writeTo(this.#stream);
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
/** Most bytes that are held back for a connection; with more, they leave at once: what waits here must not make a reader look slow. */
const HELD_MAX_BYTES = 65_536;

/**
 * Bytes that connections hold back. Those that were given the same buffers one after the other have the same one of these, and so are given
 * them as one, joined once.
 */
class HeldBytes {
  readonly length: number;
  readonly #before: HeldBytes | null;
  readonly #last: Buffer;
  readonly #after = new Map<Buffer, HeldBytes>();
  /** Connections that were given these, and perhaps more since. */
  #givenTo = 0;
  #joined: Buffer | null = null;

  constructor(before: HeldBytes | null = null, last: Buffer = Buffer.alloc(0)) {
    this.length = (before?.length ?? 0) + last.length;
    this.#before = before;
    this.#last = last;
  }

  /** Returns these and the next ones, for a connection that has these. */
  and(bytes: Buffer): HeldBytes {
    let all = this.#after.get(bytes);
    if (all === undefined) {
      all = new HeldBytes(this, bytes);
      this.#after.set(bytes, all);
    }
    all.#givenTo++;
    return all;
  }

  /** Writes all of them in one go. */
  writeTo(stream: OutboundStream): void {
    if (this.#givenTo > 1) {
      this.#joined ??= Buffer.concat(this.#buffers(), this.length);
      stream.write(this.#joined);
      return;
    }
    stream.cork();
    for (const buffer of this.#buffers()) stream.write(buffer);
    stream.uncork();
  }

  #buffers(): Buffer[] {
    const buffers: Buffer[] = [];
    for (let one: HeldBytes = this; one.#before !== null; one = one.#before) buffers.push(one.#last);
    return buffers.reverse();
  }
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
  #seen = new Set<OutboundQueue>();
  /** Those of them that hold something back. */
  #holding = new Set<OutboundQueue>();
  /** Nothing, to which they add in this turn. */
  #none = new HeldBytes();
  #running = false;
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Returns the bytes to which a connection adds what it is given next, and which are released with the turn; null where they leave at once,
   * since none left in this turn. To be asked before a connection that holds nothing is given bytes.
   */
  hold(queue: OutboundQueue): HeldBytes | null {
    if (this.#isClosed) return null;
    if (!this.#running) void this.#run();
    if (!this.#seen.has(queue)) {
      this.#seen.add(queue);
      return null;
    }
    this.#holding.add(queue);
    return this.#none;
  }

  /** Releases everything; from now on nothing is held back. */
  close(): void {
    this.#isClosed = true;
    this.#stop.abort();
    for (const queue of this.#holding) queue.release();
    this.#holding.clear();
    this.#seen.clear();
  }

  async #run(): Promise<void> {
    this.#running = true;
    do {
      await this.#clock.sleep(TURN_MS, this.#stop.signal).catch(() => {});
      if (this.#isClosed) break;
      for (const queue of this.#holding) queue.release();
      // They have just been written to.
      this.#seen = this.#holding;
      this.#holding = new Set();
      this.#none = new HeldBytes();
    } while (this.#seen.size > 0);
    this.#running = false;
  }
}
