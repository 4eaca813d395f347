import type { PendingBytes } from "../../runtime/rate-limiter.js";
import type { Drift } from "../wire/drift.js";
import { decodeFrame, decodeResponse, type Frame, framePayload, type MessageBatch } from "../wire/frame.js";
import { peekCommon } from "../wire/methods.js";
import { WireError } from "../wire/reader.js";
import type { RecordKind } from "../wire/recording.js";

/** Frame or reply received from the platform, with the time of receipt. */
export interface Received {
  /** ms UTC */
  readonly receivedAt: number;
  /** Exactly the bytes received. */
  readonly raw: Uint8Array;
  readonly kind: RecordKind;
  /** The messages inside, or null: heartbeat answers, unknown payload types, damaged frames. */
  readonly response: MessageBatch | null;
  /** Position from which a reconnect may go on after these messages. */
  readonly resume?: { readonly cursor: string; readonly internalExt: string };
  /** True when the bytes could not be read, so that messages in them are lost. */
  readonly damaged?: boolean;
  /** Number of the session that received it, where its room has several. */
  readonly by?: number;
}

/** Tells whether something received is an answer of im/fetch, which comes before the connection: its messages were said before it. */
export function isHistory({ kind }: { readonly kind?: RecordKind }): boolean {
  return kind === "response";
}

/** Returns when a message was sent by its envelope's id, whose upper half are seconds (facts/changes-2026.md); ms UTC by the platform's clock. */
export function sentAt({ msgId }: Pick<MessageBatch["messages"][number], "msgId">): number {
  return Math.floor(Number(msgId) / 2 ** 32) * 1000;
}

/**
 * A source yields what it receives, in order, until its signal aborts or the connection ends (then the iteration ends, or throws a
 * `DyliveError` that says who failed). It knows nothing of reconnecting. A batch is all that arrived since the last pull, never empty.
 */
export interface Source {
  readonly name: "websocket" | "browser" | "recording" | "official";
  open(signal: AbortSignal): AsyncIterable<readonly Received[]>;
}

/** A frame as read: what to hand on, and what an acknowledgement needs. */
export interface ReadFrame {
  readonly received: Received;
  readonly frame: Frame | null;
  readonly cursor: string;
  /** Header `im-internal_ext` first, else the Response's field (as the site does). */
  readonly internalExt: string;
}

/** Reads one push frame. Never throws: damage is counted in `drift` and leaves `response` null; the raw bytes are kept either way. */
export function readFrame(raw: Uint8Array, receivedAt: number, drift: Drift): ReadFrame {
  let frame: Frame | null = null;
  let response: MessageBatch | null = null;
  let damaged = false;
  try {
    frame = decodeFrame(raw, drift);
    if (frame.payloadType === "msg") response = decodeResponse(framePayload(frame), drift);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    drift.failed(error.code);
    damaged = true;
  }
  return {
    received: { receivedAt, raw, kind: "frame", response, ...(damaged ? { damaged } : {}) },
    frame,
    cursor: frame?.cursor || response?.cursor || "",
    internalExt: frame?.internalExt || response?.internalExt || "",
  };
}

/** Reads a bare Response, as im/fetch gives it. @throws WireError when the bytes are not one */
export function readResponse(raw: Uint8Array, receivedAt: number, drift: Drift): Received & { readonly response: MessageBatch } {
  return { receivedAt, raw, kind: "response", response: decodeResponse(raw, drift) };
}

/** Bytes of memory, and messages, from which a batch out of a file is whole. Real frames are far smaller: hundreds of them are one batch. */
const BATCH_BYTES = 4 * 1024 * 1024;
const BATCH_MESSAGES = 1_000;
/** Most events of a batch out of a file: one frame more than makes it whole, of 20,000 messages at most. Who keeps so many keeps each until it is read. */
export const MOST_IN_BATCH = 25_000;

/** Returns the bytes of memory that something received takes: as it came, and as inflated, which may be a thousand times as much. */
export function heldBytes({ raw, response }: Pick<Received, "raw" | "response">): number {
  // The messages of a frame are parts of one buffer.
  return raw.length + (response?.messages[0]?.payload.buffer.byteLength ?? 0);
}

/** Reads what comes out of a file, in batches of bounded memory: each is read when the one before was taken. */
export function* inBatches(received: Iterable<Received>): Generator<readonly Received[], void> {
  let batch: Received[] = [];
  let held = 0;
  let messages = 0;
  for (const one of received) {
    batch.push(one);
    held += heldBytes(one);
    messages += one.response?.messages.length ?? 0;
    if (held < BATCH_BYTES && messages < BATCH_MESSAGES) continue;
    yield batch;
    batch = [];
    held = 0;
    messages = 0;
  }
  if (batch.length > 0) yield batch;
}

/**
 * Bytes of memory that was received and waits to be stored beyond which senders are held back, by default: far above what a busy room sends in a
 * second. What is made of them while they are stored is several times as much.
 */
export const HELD_MAX_BYTES = 64_000_000;

/**
 * Bounded queue of frames between a socket and their reader, in order. With a slow reader the socket is paused and TCP holds the platform
 * back; with many, each goes on by a batch at a time.
 */
export class ReceiveQueue {
  readonly #flow: { pause(): void; resume(): void };
  readonly #onReceived: (frame: Received) => void;
  readonly #held: PendingBytes;
  #waiting: Received[] = [];
  /** Bytes of what waits here and of the batch that the reader is at. */
  #bytes = 0;
  #paused = false;
  #ended = false;
  #error: unknown;
  #wake: (() => void) | null = null;

  /**
   * @param onReceived called with every frame that comes
   * @param held bytes of memory in all queues that share a bound, their readers' batches included; by itself, a queue has its own
   */
  constructor(
    flow: { pause(): void; resume(): void },
    onReceived: (frame: Received) => void = () => {},
    held: PendingBytes = { bytes: 0, maxBytes: HELD_MAX_BYTES },
  ) {
    this.#flow = flow;
    this.#onReceived = onReceived;
    this.#held = held;
  }

  push(received: Received): void {
    if (this.#ended) return;
    this.#waiting.push(received);
    this.#holds(heldBytes(received));
    this.#onReceived(received);
    if (!this.#paused && this.#held.bytes > this.#held.maxBytes) {
      this.#paused = true;
      this.#flow.pause();
    }
    this.#wake?.();
  }

  /** Ends the iteration after what is waiting; with an error, by throwing it. The first end counts. */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#wake?.();
  }

  /** Yields all that waits, batch by batch, until the end; a batch is done with when the next one is asked for. For one reader. */
  async *batches(): AsyncGenerator<readonly Received[]> {
    try {
      for (;;) {
        if (this.#waiting.length > 0) {
          const batch = this.#waiting;
          this.#waiting = [];
          const bytes = this.#bytes;
          yield batch;
          this.#holds(-bytes);
          const wasPaused = this.#paused;
          this.#paused = false; // before it goes on, for it may be held back again at once
          if (wasPaused && !this.#ended) this.#flow.resume();
        } else if (this.#ended) {
          if (this.#error !== undefined) throw this.#error;
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          this.#wake = null;
        }
      }
    } finally {
      this.#ended = true;
      this.#holds(-this.#bytes);
    }
  }

  #holds(bytes: number): void {
    this.#bytes += bytes;
    this.#held.bytes += bytes;
  }
}

/** Returns the room_id that bytes were received for, from its internal_ext; else that of the first message that names one. */
export function roomIdOf({ response }: Received, internalExt: string): string | null {
  const pushed = /(?:^|\|)wss_push_room_id:(\d{1,20})/.exec(internalExt)?.[1];
  if (pushed !== undefined) return pushed;
  for (const { method, payload } of response?.messages ?? []) {
    const roomId = peekCommon(method, payload)?.roomId;
    if (roomId !== undefined && roomId !== "0") return roomId;
  }
  return null;
}
