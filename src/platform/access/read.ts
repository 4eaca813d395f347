import type { Drift } from "../wire/drift.js";
import { WireError } from "../wire/error.js";
import { decodeFrame, decodeResponse, type Frame, framePayload, type MessageBatch } from "../wire/frame.js";
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
  /** True when they have waited in a spool since. */
  readonly waited?: boolean;
  /** Number of the session that received it, where its room has several. */
  readonly by?: number;
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
