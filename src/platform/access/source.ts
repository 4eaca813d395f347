import type { MessageBatch } from "../wire/frame.js";
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
}

/**
 * A source yields what it receives, in order, until its signal aborts or the connection ends (then the iteration ends, or throws a
 * `DyliveError` that says who failed). It knows nothing of reconnecting. A batch is all that arrived since the last pull, never empty.
 */
export interface Source {
  readonly name: "websocket" | "browser" | "recording" | "official";
  open(signal: AbortSignal): AsyncIterable<readonly Received[]>;
}
