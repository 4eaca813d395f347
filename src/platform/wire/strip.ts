import { Buffer, isUtf8 } from "node:buffer";
import { createHmac } from "node:crypto";
import { gzipSync } from "node:zlib";
import { decodeFrame, framePayload, varint } from "./frame.js";
import { Reader } from "./reader.js";
import type { RecordingRecord, RecordKind } from "./recording.js";

/** Bound below which a number is a count, a level, a gift or a colour; ids of people have more digits. */
const SMALL = 10_000_000n;
/** Distance to the time of receipt, in s, up to which numbers are times, or ids made in this broadcast (their upper half is the second). */
const NEAR_S = 2n * 86_400n;
const SIGNED_MAX = 1n << 63n;
const HAN =
  "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经";

/** Replaces numbers and texts that may identify a person by others of the same form: the same ones by the same, wherever the key is. */
export class Disguise {
  readonly #key: string;
  readonly #nearS: bigint;

  /** @param aroundMs when the bytes were received, ms UTC */
  constructor(key: string, aroundMs: number) {
    this.#key = key;
    this.#nearS = BigInt(Math.floor(aroundMs / 1000));
  }

  /** Returns a number of as many digits, unless it is small, negative or a time. */
  number(value: bigint): bigint {
    if (value < SMALL || value >= SIGNED_MAX || this.#isTime(value)) return value;
    const least = 10n ** BigInt(String(value).length - 1);
    const most = least * 10n < SIGNED_MAX ? least * 10n : SIGNED_MAX;
    return least + (this.#draw(String(value), 16).readBigUInt64LE() % (most - least));
  }

  /** Returns a text of the same length and kinds of letters. A text that is a number is one. */
  text(text: string): string {
    if (/^[1-9]\d{0,18}$/.test(text)) return String(this.number(BigInt(text)));
    const letters = [...text];
    const draw = this.#draw(text, letters.length);
    return letters.map((letter, index) => likeIt(letter, draw[index] ?? 0)).join("");
  }

  /** Returns other bytes, as many. Their highest bits stay: numbers that are packed there go on being numbers, of the same lengths. */
  bytes(bytes: Uint8Array): Uint8Array {
    const draw = this.#draw(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex"), bytes.length);
    return bytes.map((byte, index) => (byte & 128) | ((draw[index] ?? 0) & 127));
  }

  #isTime(value: bigint): boolean {
    return [value, value / 1000n, value / 1_000_000_000n, value >> 32n].some(
      (seconds) => seconds >= this.#nearS - NEAR_S && seconds <= this.#nearS + NEAR_S,
    );
  }

  #draw(seed: string, length: number): Buffer {
    const blocks: Buffer[] = [];
    for (let count = 0; count * 32 < length; count++) blocks.push(createHmac("sha256", this.#key).update(`${count}:${seed}`).digest());
    return Buffer.concat(blocks).subarray(0, length);
  }
}

function likeIt(letter: string, random: number): string {
  if (/\d/.test(letter)) return String(random % 10);
  if (/[a-z]/.test(letter)) return String.fromCharCode(97 + (random % 26));
  if (/[A-Z]/.test(letter)) return String.fromCharCode(65 + (random % 26));
  if (letter <= "\u007f") return letter;
  switch (Buffer.byteLength(letter)) {
    case 2:
      return String.fromCharCode(0x430 + (random % 32)); // Cyrillic: a letter of two bytes
    case 3:
      return HAN.charAt(random % HAN.length);
    default:
      return String.fromCodePoint(0x1f600 + (random % 64)); // a face: four bytes
  }
}

/** A field of a message of unknown schema: a number (wire types 0, 1 and 5), or bytes with a length (2). */
type Field = { readonly number: number } & (
  | { readonly wire: 0 | 1 | 5; readonly value: bigint }
  | { readonly wire: 2; readonly bytes: Uint8Array }
);

/** Highest field number, more than any message of the platform has; what has more is a text that happens to be a message. */
const MAX_NUMBER = 4095;

/** Reads the fields of bytes that are a message from end to end; null when they are none. */
export function fieldsOf(bytes: Uint8Array): readonly Field[] | null {
  const from = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const reader = new Reader(bytes);
  const fields: Field[] = [];
  try {
    while (reader.pos < reader.length) {
      const tag = reader.tag();
      const number = tag >>> 3;
      const wire = tag & 7;
      if (number === 0 || number > MAX_NUMBER) return null;
      const { pos } = reader;
      if (wire === 0) fields.push({ number, wire, value: BigInt(reader.uint64()) });
      else if (wire === 2) fields.push({ number, wire, bytes: reader.bytes() });
      else if (wire === 1 || wire === 5) {
        reader.skip(tag);
        fields.push({ number, wire, value: wire === 1 ? from.readBigUInt64LE(pos) : BigInt(from.readUInt32LE(pos)) });
      } else return null;
    }
    return fields;
  } catch {
    return null;
  }
}

/** Returns the bytes of fields, in their order. */
export function bytesOf(fields: readonly Field[]): Uint8Array {
  return Buffer.concat(
    fields.flatMap((field) => {
      const tag = varint(BigInt(field.number * 8 + field.wire));
      if (field.wire === 2) return [tag, varint(BigInt(field.bytes.length)), field.bytes];
      if (field.wire === 0) return [tag, varint(field.value)];
      const fixed = Buffer.alloc(field.wire === 1 ? 8 : 4);
      if (field.wire === 1) fixed.writeBigUInt64LE(field.value);
      else fixed.writeUInt32LE(Number(field.value));
      return [tag, fixed];
    }),
  );
}

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
 * Returns what was received, without the people in it: every text, and every number that may be a person's id, becomes another of the
 * same form, also in unknown fields. The same one becomes the same, so that combos and repeats stay what they are. Methods,
 * numbers of fields, times and small numbers (counts, gifts, prices, levels) stay.
 * @param key with it a guess can be checked: make one for each recording and forget it
 * @returns null when what it holds is no message from end to end: then it may name anyone
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

/**
 * Returns a message with each field stripped; null when it is none.
 * @param known what is to become of a part that is known; null is as any other
 */
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

/** Strips bytes of an unknown schema: a text, else a message, else other bytes. */
function value(bytes: Uint8Array, disguise: Disguise, depth: number): Uint8Array {
  if (bytes.length === 0) return bytes;
  if (isText(bytes)) return Buffer.from(disguise.text(Buffer.from(bytes).toString()));
  const inner = depth < MAX_DEPTH ? each(bytes, disguise, depth, () => null) : null;
  return inner ?? disguise.bytes(bytes);
}

/**
 * Returns whether bytes are a text rather than a message. Some messages are texts too by chance: those with a part of a fitting length,
 * and the shortest, such as `(a`, which may be a number in field 5. These are taken for messages: of a text that is none of its own it
 * costs the first letters.
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

/** Rest of something received when messages were taken out of it. */
interface Redacted {
  /** The very bytes that were given where nothing was taken out; null when nothing of it can stay. */
  readonly bytes: Uint8Array | null;
  /** Messages that were taken out. */
  readonly messages: number;
}

/** Key of `Response.messages` (1) and of `PushFrame.payload` (8), both with a length. */
const MESSAGES = 10;
const PAYLOAD = 66;

/**
 * Takes messages out of a frame or a bare Response and leaves everything else as it came, byte for byte but for the compression. Where bytes
 * beside the messages are named too, nothing of it stays.
 * @param named whether bytes hold what is not to stay
 * @throws WireError when it cannot be read: then what it holds is unknown
 */
export function withoutMessages(kind: RecordKind, bytes: Uint8Array, named: (bytes: Uint8Array) => boolean): Redacted {
  if (kind === "response") return fromResponse(bytes, named);
  const frame = decodeFrame(bytes);
  const payload = framePayload(frame);
  const rest = frame.payloadType === "msg" ? fromResponse(payload, named) : { bytes: named(payload) ? null : payload, messages: 0 };
  const gone = { bytes: null, messages: rest.messages };
  if (rest.bytes === null || named(partsOf(bytes, (tag) => tag !== PAYLOAD))) return gone;
  if (rest.bytes === payload) return { bytes, messages: 0 };
  const packed = payload === frame.payload ? rest.bytes : gzipSync(rest.bytes);
  return {
    bytes: Buffer.concat([partsOf(bytes, (tag) => tag !== PAYLOAD), varint(BigInt(PAYLOAD)), varint(BigInt(packed.length)), packed]),
    messages: rest.messages,
  };
}

function fromResponse(bytes: Uint8Array, named: (bytes: Uint8Array) => boolean): Redacted {
  if (!named(bytes)) return { bytes, messages: 0 };
  let messages = 0;
  const rest = partsOf(bytes, (tag, part) => {
    const gone = tag === MESSAGES && named(part);
    if (gone) messages++;
    return !gone;
  });
  return { bytes: named(rest) ? null : rest, messages };
}

/** Returns the fields of a message that are kept, key and all. */
function partsOf(bytes: Uint8Array, keep: (tag: number, part: Uint8Array) => boolean): Uint8Array {
  const reader = new Reader(bytes);
  const kept: Uint8Array[] = [];
  while (reader.pos < reader.length) {
    const start = reader.pos;
    const tag = reader.tag();
    reader.skip(tag);
    const part = bytes.subarray(start, reader.pos);
    if (keep(tag, part)) kept.push(part);
  }
  return Buffer.concat(kept);
}
