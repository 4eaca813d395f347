import { Buffer, isUtf8 } from "node:buffer";
import { gzipSync } from "node:zlib";
import { decodeFrame, framePayload } from "../frame.js";
import type { RecordingRecord } from "../recording.js";
import { Disguise } from "./disguise.js";
import { bytesOf, type Field, fieldsOf } from "./fields.js";

const MAX_DEPTH = 32;
/** Bytes of two small numbers. */
const SHORT = 4;
/** Headers of a frame whose values say how to read it. */
const KEPT_HEADERS = ["compress_type"];
/** Fields of PushFrame, PushHeader, Response and Message (proto/frame.proto). */
const FRAME = { headers: 5, encoding: 6, type: 7, payload: 8 } as const;
const HEADER = { key: 1, value: 2 } as const;
const RESPONSE = { messages: 1 } as const;
const MESSAGE = { method: 1, payload: 2 } as const;

/**
 * What was received, without the people in it: every text, and every number that may be somebody's id, becomes another of the same form, also in
 * fields that nobody knows. The same one becomes the same, so that combos and repeats stay what they are. Methods, numbers of fields, times and
 * small numbers (counts, gifts, prices, levels) stay.
 * @param key whoever knows it can tell whether a guess was right: make one for each recording and forget it
 * @returns null when what it holds is no message from end to end: then nobody can say whom it names
 * @throws WireError when it cannot be read at all
 */
export function stripped({ kind, receivedAt, bytes }: RecordingRecord, key: string): RecordingRecord | null {
  const disguise = new Disguise(key, receivedAt);
  const rest = kind === "response" ? response(bytes, disguise) : frame(bytes, disguise);
  return rest === null ? null : { kind, receivedAt, bytes: rest };
}

function frame(bytes: Uint8Array, disguise: Disguise): Uint8Array | null {
  const read = decodeFrame(bytes);
  const plain = framePayload(read);
  const payload = read.payloadType === "msg" ? response(plain, disguise) : value(plain, disguise, 0);
  if (payload === null) return null;
  const packed = plain === read.payload ? payload : gzipSync(payload);
  return each(bytes, disguise, 0, ({ number, bytes: part }) => {
    if (number === FRAME.payload) return packed;
    if (number === FRAME.headers) return header(part, disguise);
    return number === FRAME.encoding || number === FRAME.type ? part : null;
  });
}

function header(bytes: Uint8Array, disguise: Disguise): Uint8Array | null {
  const key = fieldsOf(bytes)?.find(({ number }) => number === HEADER.key);
  const name = key?.wire === 2 ? Buffer.from(key.bytes).toString() : "";
  return each(bytes, disguise, 0, ({ number, bytes: part }) =>
    number === HEADER.key || (number === HEADER.value && KEPT_HEADERS.includes(name)) ? part : null,
  );
}

function response(bytes: Uint8Array, disguise: Disguise): Uint8Array | null {
  return each(bytes, disguise, 0, ({ number, bytes: part }) => (number === RESPONSE.messages ? message(part, disguise) : null));
}

function message(bytes: Uint8Array, disguise: Disguise): Uint8Array | null {
  return each(bytes, disguise, 0, ({ number, bytes: part }) => {
    if (number === MESSAGE.method) return part;
    return number === MESSAGE.payload ? each(part, disguise, 0, () => null) : null;
  });
}

/** A message with each field stripped; null when it is none. @param known what is to become of a part that is known; null is as any other */
function each(
  bytes: Uint8Array,
  disguise: Disguise,
  depth: number,
  known: (field: Extract<Field, { wire: 2 }>) => Uint8Array | null,
): Uint8Array | null {
  const fields = fieldsOf(bytes);
  if (fields === null) return null;
  return bytesOf(
    fields.map((field): Field => {
      if (field.wire === 2) return { ...field, bytes: known(field) ?? value(field.bytes, disguise, depth + 1) };
      return field.wire === 5 ? field : { ...field, value: disguise.number(field.value) };
    }),
  );
}

/** Bytes of an unknown schema: a text, else a message, else what nobody can read. */
function value(bytes: Uint8Array, disguise: Disguise, depth: number): Uint8Array {
  if (bytes.length === 0) return bytes;
  if (isText(bytes)) return Buffer.from(disguise.text(Buffer.from(bytes).toString()));
  const inner = depth < MAX_DEPTH ? each(bytes, disguise, depth, () => null) : null;
  return inner ?? disguise.bytes(bytes);
}

/**
 * Whether bytes are a text rather than a message. Some messages are texts too by chance: those with a part of a fitting length, and the shortest,
 * such as `(a`, which may be a number in field 5. These are taken for messages: of a text that is none of its own it costs the first letters.
 */
function isText(bytes: Uint8Array): boolean {
  if (!isUtf8(bytes)) return false;
  if (!bytes.every((byte) => (byte >= 0x20 && byte !== 0x7f) || byte === 0x09 || byte === 0x0a || byte === 0x0d)) return false;
  const fields = fieldsOf(bytes);
  if (fields === null) return true;
  // Fields of a fixed size are rare, and ids that begin with MS4w look like one.
  const isWhole = fields.every((field) => field.wire === 0 || (field.wire === 2 && isUtf8(field.bytes)));
  return !isWhole || !(bytes.length <= SHORT || fields.some(({ wire }) => wire === 2));
}
