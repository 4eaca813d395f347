import type { Drift } from "../wire/drift.js";
import { WireError } from "../wire/error.js";
import { decodeFrame, type PushFrame } from "../wire/frame.js";
import { inflate } from "../wire/inflate.js";
import { decodeResponse, type Response } from "../wire/response.js";
import type { Received } from "./source.js";

/** A push frame as read: what to hand on, and what an acknowledgement needs. */
export interface ReadPush {
  readonly received: Received;
  readonly frame: PushFrame | null;
  readonly cursor: string;
  /** Header `im-internal_ext` first, else the Response's field (as the site does). */
  readonly internalExt: string;
}

/** Reads one push frame. Never throws: damage is counted in `drift` and leaves `response` null; the raw bytes are kept either way. */
export function readPush(raw: Uint8Array, receivedAt: number, drift: Drift): ReadPush {
  const none = (frame: PushFrame | null): ReadPush => ({
    received: { receivedAt, raw, kind: "push", response: null },
    frame,
    cursor: "",
    internalExt: "",
  });
  let frame: PushFrame | null = null;
  try {
    frame = decodeFrame(raw);
    if (frame.payloadType !== "msg") return none(frame);
    const response = decodeResponse(frame.compressType === "gzip" ? inflate(frame.payload) : frame.payload, drift);
    return {
      received: { receivedAt, raw, kind: "push", response },
      frame,
      cursor: frame.cursor || response.cursor,
      internalExt: frame.internalExt || response.internalExt,
    };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    drift.failed(error.code);
    return none(frame);
  }
}

/** Reads a bare Response, as im/fetch gives it. @throws WireError when the bytes are not one */
export function readResponse(raw: Uint8Array, receivedAt: number, drift: Drift): Received & { readonly response: Response } {
  return { receivedAt, raw, kind: "response", response: decodeResponse(raw, drift) };
}
