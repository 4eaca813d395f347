import { Buffer } from "node:buffer";
import { gunzipSync } from "node:zlib";
import { decodeResponse as decode, decodePushFrame, type Message, type Response } from "./gen/frame.js";
import { type FieldDrift, Reader, WireError } from "./reader.js";

/**
 * Most bytes of the Response in one frame. Real ones reach some 100 KB; a bomb of a few KB inflates to gigabytes. They are read in one turn of
 * the event loop, which 32 MB (facts/protocol.md section 3) would hold for a second.
 */
const MAX_INFLATED_BYTES = 4 * 1024 * 1024;
/** Most bytes of one frame: a Response that is not compressed, and what stands around it. */
export const MAX_FRAME_BYTES = MAX_INFLATED_BYTES + 64 * 1024;
/** Most messages of one Response; real ones have hundreds. */
const MAX_MESSAGES = 20_000;

/**
 * Inflates a gzip'd payload, synchronously: an asynchronous gunzip costs more and lets frames overtake each other.
 * @throws WireError `too_large` or `bad_gzip`
 */
export function inflate(bytes: Uint8Array, maxBytes: number = MAX_INFLATED_BYTES): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: maxBytes, chunkSize: pieceOf(bytes) });
  } catch (error) {
    const tooLarge = error instanceof RangeError && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
    throw new WireError(tooLarge ? "too_large" : "bad_gzip");
  }
}

/** Bytes of the pieces that zlib inflates by default. */
const MOST_PIECE = 16 * 1024;
/** Fewest bytes of a piece: thousands of smaller ones, where a stream lies, would take long. */
const LEAST_PIECE = 1024;

/**
 * Returns the bytes of memory that are inflated into at a time: what the stream says of itself at its end, as far as that is less than usual. A
 * frame of one message would else keep a piece of ten times its size as long as it waits. One byte more than is needed ends it in one go.
 */
function pieceOf(bytes: Uint8Array): number {
  const at = bytes.length - 4;
  if (at < 0) return MOST_PIECE;
  const said = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true) + 1;
  return Math.min(MOST_PIECE, Math.max(LEAST_PIECE, said));
}

/** Returns whether bytes begin as every gzip stream does. */
function looksGzipped(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** One WebSocket message. The payload is a part of the frame's bytes, still compressed. */
export interface Frame {
  /** Log id, to be echoed in the ack; "0" when absent. */
  logId: string;
  /** msg, hb, ack, close or something newer. */
  payloadType: string;
  /** Tag of the payload's encoding; never says whether it is gzip. */
  payloadEncoding: string;
  /** Header compress_type: gzip, none or "". */
  compressType: string;
  /** Header im-cursor. */
  cursor: string;
  /** Header im-internal_ext. */
  internalExt: string;
  /** Header server_time (heartbeat replies), as text. */
  serverTime: string;
  payload: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);

/** PushFrame{payload_type: "hb"}: what keeps a connection alive. */
export const HEARTBEAT: Uint8Array = Uint8Array.of(0x3a, 0x02, 0x68, 0x62);

/**
 * Reads a frame; its payload stays as it came.
 * @throws WireError when the bytes are malformed, `too_large`
 */
export function decodeFrame(bytes: Uint8Array, drift: FieldDrift | null = null): Frame {
  if (bytes.length > MAX_FRAME_BYTES) throw new WireError("too_large");
  const push = decodePushFrame(new Reader(bytes, drift), bytes.length);
  const headers = new Map(push.headers.map((header) => [header.key, header.value]));
  return {
    logId: push.logId,
    payloadType: push.payloadType,
    payloadEncoding: push.payloadEncoding,
    compressType: headers.get("compress_type") ?? "",
    cursor: headers.get("im-cursor") ?? "",
    internalExt: headers.get("im-internal_ext") ?? "",
    serverTime: headers.get("server_time") ?? "",
    payload: push.payload ?? NO_BYTES,
  };
}

/**
 * Returns the bytes of the Response in a msg frame, inflated when need be. The header decides; when it is missing, gzip's magic does
 * (a Response never begins with 0x1F, whose wire type does not exist), since some peers report gzip without a header.
 * @throws WireError `too_large` or `bad_gzip`
 */
export function framePayload(frame: Frame, maxBytes?: number): Uint8Array {
  const gzipped = frame.compressType === "gzip" || (frame.compressType === "" && looksGzipped(frame.payload));
  return gzipped ? inflate(frame.payload, maxBytes) : frame.payload;
}

/** Encodes the answer to a frame that asks for one: PushFrame{log_id, payload_type: "ack", payload: internal_ext}. */
export function encodeAck(logId: string, internalExt: string): Uint8Array {
  const ext = Buffer.from(internalExt, "utf8");
  const id = /^\d{1,20}$/.test(logId) ? BigInt.asUintN(64, BigInt(logId)) : 0n;
  // proto3: a field of its default value is left out.
  return Buffer.concat([
    ...(id === 0n ? [] : [Buffer.from([0x10]), varint(id)]),
    Buffer.from([0x3a, 0x03, 0x61, 0x63, 0x6b]),
    ...(ext.length === 0 ? [] : [Buffer.from([0x42]), varint(BigInt(ext.length)), ext]),
  ]);
}

export function varint(value: bigint): Buffer {
  const out: number[] = [];
  let rest = value;
  while (rest > 127n) {
    out.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return Buffer.from(out);
}

/** A business message in its envelope; its payload is a part of the Response's bytes. */
export interface WireEnvelope extends Omit<Message, "payload"> {
  payload: Uint8Array;
}

/** Content of a msg frame, or of the HTTP fetch. */
export interface MessageBatch extends Omit<Response, "messages"> {
  messages: readonly WireEnvelope[];
}

/**
 * Reads a Response and the envelopes in it; payloads stay bytes.
 * @throws WireError when the bytes are malformed, `too_large`
 */
export function decodeResponse(bytes: Uint8Array, drift: FieldDrift | null = null): MessageBatch {
  if (bytes.length > MAX_INFLATED_BYTES) throw new WireError("too_large");
  const response = decode(new Reader(bytes, drift, MAX_MESSAGES), bytes.length);
  for (const message of response.messages) message.payload ??= NO_BYTES;
  return response as MessageBatch;
}
