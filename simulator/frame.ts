import { gzipSync } from "node:zlib";
import type { Outgoing } from "./outgoing.js";
import type { Schema } from "./schema.js";

/** Texts of a Response beside its messages. */
export interface ResponseTexts {
  readonly cursor: string;
  readonly internalExt: string;
  /** ms UTC of the platform */
  readonly now: number;
}

/** Returns the texts of a Response that the push server sends. */
export function pushTexts(now: number, firstRequestMs: number, lastMsgId: string, roomId: string): ResponseTexts {
  return {
    cursor: `t-${now}_r-${lastMsgId}_d-1_u-1_rdc-2`,
    internalExt: `internal_src:pushserver|first_req_ms:${firstRequestMs}|wss_msg_type:r|wrds_v:${roomId}`,
    now,
  };
}

/** Encodes a Response of the push server: every one wants an ack. */
export function encodePushResponse(schema: Schema, messages: readonly Outgoing[], texts: ResponseTexts): Uint8Array {
  return schema.encode("Response", {
    messages: messages.map(({ method, payload, sendingId }) => ({ method, payload, msg_id: halves(sendingId) })),
    cursor: texts.cursor,
    now: texts.now,
    internal_ext: texts.internalExt,
    heartbeat_duration: 15,
    need_ack: true,
  });
}

/** Returns a 64-bit id in the form that protobufjs writes without parsing text, which would take most of a frame's time. */
function halves(id: string): { readonly low: number; readonly high: number } {
  const value = BigInt(id);
  return { low: Number(value & 0xffff_ffffn), high: Number(value >> 32n) };
}

/** Fields that a frame has of its own, apart from the Response that all viewers share. */
export interface FrameHead {
  readonly seqId: number;
  readonly logId: string;
  readonly serverTime: number;
}

/** Wraps the bytes of a Response, gzip'd already when `gzip` says so. */
export function encodeMsgFrame(schema: Schema, head: FrameHead, payload: Uint8Array, texts: ResponseTexts, gzip: boolean): Uint8Array {
  const headers = [
    ...(gzip ? [{ key: "compress_type", value: "gzip" }] : []),
    { key: "im-internal_ext", value: texts.internalExt },
    { key: "im-cursor", value: texts.cursor },
    { key: "im-now", value: `${texts.now}` },
    { key: "im-live_cursor", value: "d-1_u-1" },
    { key: "server_time", value: `${head.serverTime}` },
  ];
  return schema.encode("PushFrame", {
    seq_id: head.seqId,
    log_id: head.logId,
    service: SERVICE,
    method: SERVICE,
    headers,
    payload_encoding: "pb",
    payload_type: "msg",
    payload,
    lod_id_new: head.logId,
  });
}

/** Encodes the answer to a heartbeat: its type and the server's time, and no payload. */
export function encodeHeartbeatAnswer(schema: Schema, head: FrameHead): Uint8Array {
  return schema.encode("PushFrame", {
    seq_id: head.seqId,
    log_id: head.logId,
    service: SERVICE,
    method: SERVICE,
    headers: [{ key: "server_time", value: `${head.serverTime}` }],
    payload_encoding: "pb",
    payload_type: "hb",
  });
}

/** Encodes the frame by which the server ends the connection. What the real one carries beside its type was never seen. */
export function encodeCloseFrame(schema: Schema, head: FrameHead): Uint8Array {
  return schema.encode("PushFrame", { seq_id: head.seqId, log_id: head.logId, service: SERVICE, method: SERVICE, payload_type: "close" });
}

/** Compresses as the push server does. Level 1 costs a third of the default; under load that is what matters. */
export function gzip(bytes: Uint8Array): Uint8Array {
  return gzipSync(bytes, { level: 1 });
}

/** Messages of a full frame: real ones carry about ten when a room is busy. */
export const MESSAGES_PER_FRAME = 10;

/** Service and method numbers of every server frame in the captures. */
const SERVICE = 8888;

/** Damage to a frame on its way: flipped bytes inside the compressed part, or an end that is missing. */
export type Damage = "gzip" | "truncated";

/** Returns the same bytes with some in the middle flipped, so that neither their structure nor their checksum is right. */
export function corrupted(payload: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(payload);
  const middle = copy.length >> 1;
  for (let i = middle; i < Math.min(middle + FLIPPED, copy.length); i++) copy[i] = (copy[i] ?? 0) ^ 0xff;
  return copy;
}

/** Returns the first part of a frame, as if the rest had been lost. */
export function truncated(frame: Uint8Array): Uint8Array {
  return frame.subarray(0, Math.floor(frame.length * 0.6));
}

const FLIPPED = 8;
