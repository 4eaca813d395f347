import { Buffer } from "node:buffer";
import { decimal, readString } from "./scalars.js";

/** Reason why bytes could not be read. Stable: counted in drift and shown in metrics. */
export type WireErrorCode =
  | "truncated" // a length or value runs past its container
  | "bad_varint" // more than ten bytes
  | "bad_tag" // field number 0 or a wire type that does not exist
  | "too_deep" // groups nested beyond the cap
  | "too_many" // more repeated elements than any real message has
  | "too_large" // more bytes than any real frame or message has, as it came or inflated
  | "bad_gzip" // not gzip although the frame says so
  | "bad_record"; // a recording's record that is damaged

/** The one error that decoding throws: the bytes are malformed. Says nothing about who sent them. */
export class WireError extends Error {
  override readonly name = "WireError";
  readonly code: WireErrorCode;

  constructor(code: WireErrorCode, detail?: string) {
    super(detail === undefined ? code : `${code}: ${detail}`);
    this.code = code;
  }
}

/*
 * The names that were read last, by a hash of a few of their bytes. Comparing bytes costs less than making a string, and a string that
 * was made before is found in a Map without hashing it again. The table is a plain function of what it is asked: a hit and a miss give
 * the same text.
 */
const SLOTS = 256;
/** Most bytes of a name: the longest method has 52; a longer name is read as any string. */
const MAX_BYTES = 64;
const keptBytes = new Uint8Array(SLOTS * MAX_BYTES);
const keptLength = new Uint8Array(SLOTS);
const keptText: string[] = new Array<string>(SLOTS).fill("");

/** Returns the text of UTF-8 bytes as {@link readString} gives it, for strings of few distinct values. */
export function readName(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length === 0 || length > MAX_BYTES) return readString(bytes, start, end);
  const middle = start + (length >>> 1);
  const hash = length + 3 * (bytes[start] ?? 0) + 5 * (bytes[middle] ?? 0) + 7 * (bytes[middle + 1] ?? 0) + 11 * (bytes[end - 1] ?? 0);
  const slot = hash & (SLOTS - 1);
  const at = slot * MAX_BYTES;
  if (keptLength[slot] === length) {
    let i = 0;
    while (i < length && keptBytes[at + i] === bytes[start + i]) i++;
    if (i === length) return keptText[slot] ?? "";
  }
  const text = readString(bytes, start, end);
  for (let i = 0; i < length; i++) keptBytes[at + i] = bytes[start + i] ?? 0;
  keptLength[slot] = length;
  keptText[slot] = text;
  return text;
}

/** Receiver of a reader's reports of fields that the schema does not know. `Drift` is one. */
export interface FieldDrift {
  unknownField(type: string, field: number): void;
  wrongType(type: string, field: number, wireType: number): void;
  /** Counts a field of either kind beyond the most that one payload may name. */
  beyond(): void;
}

/**
 * A submessage that was not decoded: where it lies in the bytes that were read, and which it keeps alive. Most are never asked for, and
 * this costs a third of a view.
 */
export interface Lazy {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** Deepest nesting of groups, the only one that the schema does not bound (the generator refuses recursive messages). */
const MAX_GROUP_DEPTH = 32;
/** Most elements of all repeated fields of one payload; the largest real ones (rank lists) have hundreds. */
const MAX_ITEMS = 5_000;
/** Most texts and submessages of one payload, so that one of bytes that mean nothing costs no more than they do; the largest real ones have thousands. */
const MAX_SUBS = 100_000;
/** Most reports of drift by one payload that say which field it was; a real one makes a handful. */
const MAX_REPORTS = 1_000;
const TWO_32 = 4_294_967_296;

/**
 * Reads protobuf values from one payload. Fast because it reads nothing that it is not asked for: skipped fields allocate
 * nothing, 64-bit integers become decimal text without BigInt. Every read is checked against the end of the bytes;
 * generated decoders check the end of each message.
 */
export class Reader {
  pos = 0;
  readonly length: number;
  readonly #bytes: Uint8Array;
  readonly #drift: FieldDrift | null;
  readonly #maxItems: number;
  #items = 0;
  #subs = 0;
  #reports = 0;
  #hi = 0;

  /** @param maxItems most elements of all repeated fields */
  constructor(bytes: Uint8Array, drift: FieldDrift | null = null, maxItems: number = MAX_ITEMS) {
    // Always the plain class: code that meets two classes is slower.
    this.#bytes = Buffer.isBuffer(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length) : bytes;
    this.length = bytes.length;
    this.#drift = drift;
    this.#maxItems = maxItems;
  }

  /** Reads the next field's key: number and wire type. */
  tag(): number {
    return this.uint32();
  }

  /** Reads the length of a submessage or a text and gives its end. */
  sub(): number {
    if (++this.#subs > MAX_SUBS) throw new WireError("too_many");
    const length = this.uint32();
    const end = this.pos + length;
    if (end > this.length) throw new WireError("truncated");
    return end;
  }

  /**
   * Reads a submessage that its message can do without. Where it does not decode it is counted as a field of another type and passed over: null.
   * @throws WireError `too_many`, which is about the whole payload
   */
  optional<T>(decode: (r: Reader, end: number) => T, type: string, tag: number): T | null {
    const end = this.sub();
    try {
      return decode(this, end);
    } catch (error) {
      if (!(error instanceof WireError) || error.code === "too_many") throw error;
      this.pos = end;
      this.#reportType(type, tag);
      return null;
    }
  }

  /** Counts one more element of a repeated field. */
  item(): void {
    if (++this.#items > this.#maxItems) throw new WireError("too_many");
  }

  /** Checks that the end of a message is where its last field ended. */
  close(end: number): void {
    if (this.pos !== end) throw new WireError("truncated");
  }

  /** Reads the low 32 bits of a varint, unsigned. */
  uint32(): number {
    const bytes = this.#bytes;
    let pos = this.pos;
    let byte = bytes[pos++];
    if (byte === undefined) throw new WireError("truncated");
    if (byte < 128) {
      this.pos = pos;
      return byte;
    }
    const low = byte & 127;
    byte = bytes[pos++];
    if (byte !== undefined && byte < 128) {
      this.pos = pos;
      return low | (byte << 7);
    }
    return this.#varint();
  }

  /** Reads a varint of 32 bits, signed. */
  int32(): number {
    return this.uint32() | 0;
  }

  /** Reads a varint that is true unless it is 0. */
  bool(): boolean {
    const lo = this.#varint();
    return lo !== 0 || this.#hi !== 0;
  }

  /** Reads a signed 64-bit varint as decimal text. */
  int64(): string {
    const lo = this.#varint();
    const hi = this.#hi;
    if (hi < 0x80000000) return decimal(hi, lo);
    // Two's complement: negate both halves, carrying when the low one is 0.
    const low = -lo >>> 0;
    return `-${decimal((~hi + (low === 0 ? 1 : 0)) >>> 0, low)}`;
  }

  /** Reads an unsigned 64-bit varint as decimal text. */
  uint64(): string {
    const lo = this.#varint();
    return decimal(this.#hi, lo);
  }

  /** Reads a signed 64-bit varint as a number: exact to 2^53. */
  int64Number(): number {
    const lo = this.#varint();
    return this.#hi === 0 ? lo : (this.#hi | 0) * TWO_32 + lo;
  }

  /** Reads an unsigned 64-bit varint as a number: exact to 2^53. */
  uint64Number(): number {
    const lo = this.#varint();
    return this.#hi === 0 ? lo : this.#hi * TWO_32 + lo;
  }

  /** Reads text; bytes that are not UTF-8 become U+FFFD. */
  string(): string {
    const end = this.sub();
    const start = this.pos;
    this.pos = end;
    return readString(this.#bytes, start, end);
  }

  /** Reads text of few distinct values; most reads make no new string. */
  name(): string {
    const end = this.sub();
    const start = this.pos;
    this.pos = end;
    return readName(this.#bytes, start, end);
  }

  /** Reads bytes, not copied: they keep what they were read from alive. */
  bytes(): Uint8Array {
    const end = this.sub();
    const start = this.pos;
    this.pos = end;
    const bytes = this.#bytes;
    // Half the cost of subarray(), which looks up what class to make.
    return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
  }

  /** Reads a submessage, for later. */
  lazy(): Lazy {
    const end = this.sub();
    const start = this.pos;
    this.pos = end;
    return { bytes: this.#bytes, start, end };
  }

  /** Passes over the value of a field that we know and do not read. */
  skip(tag: number): void {
    switch (tag & 7) {
      case 0:
        this.#skipVarint();
        return;
      case 1:
        this.#advance(8);
        return;
      case 2:
        this.#skipBytes();
        return;
      case 3:
        this.#skipGroup(tag);
        return;
      case 5:
        this.#advance(4);
        return;
      default:
        throw new WireError("bad_tag");
    }
  }

  /** Counts and passes over a field that the schema does not know. */
  unknown(type: string, tag: number): void {
    if (tag >>> 3 === 0) throw new WireError("bad_tag");
    this.skip(tag);
    if (++this.#reports > MAX_REPORTS) this.#drift?.beyond();
    else this.#drift?.unknownField(type, tag >>> 3);
  }

  /** Counts and passes over a known field of the wrong wire type. */
  mismatch(type: string, tag: number): void {
    this.skip(tag);
    this.#reportType(type, tag);
  }

  #reportType(type: string, tag: number): void {
    if (++this.#reports > MAX_REPORTS) this.#drift?.beyond();
    else this.#drift?.wrongType(type, tag >>> 3, tag & 7);
  }

  /**
   * Reads any varint: gives the low 32 bits, leaves the high ones in #hi. Unrolled: ids are varints of nine bytes, three or more a message.
   */
  #varint(): number {
    const bytes = this.#bytes;
    const limit = this.length;
    let pos = this.pos;
    let byte = bytes[pos++] ?? 128;
    let lo = byte & 127;
    let hi = 0;
    if (byte < 128) return this.#whole(pos, lo, hi);
    byte = bytes[pos++] ?? 128;
    lo |= (byte & 127) << 7;
    if (byte < 128) return this.#whole(pos, lo, hi);
    byte = bytes[pos++] ?? 128;
    lo |= (byte & 127) << 14;
    if (byte < 128) return this.#whole(pos, lo, hi);
    byte = bytes[pos++] ?? 128;
    lo |= (byte & 127) << 21;
    if (byte < 128) return this.#whole(pos, lo, hi);
    byte = bytes[pos++] ?? 128;
    lo |= (byte & 127) << 28;
    hi = (byte & 127) >>> 4;
    if (byte < 128) return this.#whole(pos, lo, hi);
    byte = bytes[pos++] ?? 128;
    hi |= (byte & 127) << 3;
    if (byte < 128) return this.#whole(pos, lo, hi);
    byte = bytes[pos++] ?? 128;
    hi |= (byte & 127) << 10;
    if (byte < 128) return this.#whole(pos, lo, hi);
    byte = bytes[pos++] ?? 128;
    hi |= (byte & 127) << 17;
    if (byte < 128) return this.#whole(pos, lo, hi);
    byte = bytes[pos++] ?? 128;
    hi |= (byte & 127) << 24;
    if (byte < 128) return this.#whole(pos, lo, hi);
    byte = bytes[pos++] ?? 128;
    hi |= (byte & 1) << 31;
    if (byte < 128) return this.#whole(pos, lo, hi);
    // Bytes beyond the end read as 128, so a varint that is cut off ends here as well.
    throw new WireError(pos > limit ? "truncated" : "bad_varint");
  }

  #whole(pos: number, lo: number, hi: number): number {
    this.pos = pos;
    this.#hi = hi >>> 0;
    return lo >>> 0;
  }

  #skipVarint(): void {
    const bytes = this.#bytes;
    let pos = this.pos;
    const limit = Math.min(this.length, pos + 10);
    while (pos < limit) {
      if ((bytes[pos++] ?? 0) < 128) {
        this.pos = pos;
        return;
      }
    }
    throw new WireError(pos === this.length ? "truncated" : "bad_varint");
  }

  /** Passes over a text or a submessage, which costs no more than a number: it is not counted. */
  #skipBytes(): void {
    const length = this.uint32();
    this.#advance(length);
  }

  #advance(count: number): void {
    this.pos += count;
    if (this.pos > this.length) throw new WireError("truncated");
  }

  /** Passes over a group, so that one cannot end the decoding: groups are obsolete and the platform sends none. */
  #skipGroup(tag: number): void {
    this.item();
    const open = [tag >>> 3];
    while (open.length > 0) {
      const next = this.uint32();
      if ((next & 7) === 3) {
        if (open.length >= MAX_GROUP_DEPTH) throw new WireError("too_deep");
        this.item();
        open.push(next >>> 3);
      } else if ((next & 7) === 4) {
        if (open.pop() !== next >>> 3) throw new WireError("bad_tag");
      } else this.skip(next);
    }
  }
}
