import { Buffer } from "node:buffer";

const TWO_32 = 4_294_967_296;
const E8 = 100_000_000;
/** Bound below which numbers are counts more than ids; the engine keeps the texts of those that it wrote last. */
const SMALL = 100_000;

/** Digits of the number being written, right-aligned, as character codes; only used within one call. */
const digits = new Uint8Array(20);
const pairs = new Uint16Array(digits.buffer);
type Five = [number, number, number, number, number];
/** The same digits, typed so that they are known to exist. */
const d = digits as unknown as readonly [...Five, ...Five, ...Five, ...Five];

/** The two digits of 0 to 99, as they lie in `pairs` whatever the machine's byte order. */
const twoDigits = new Uint16Array(
  new Uint8Array(Array.from({ length: 200 }, (_, i) => 48 + (i % 2 === 0 ? Math.floor(i / 20) : (i >> 1) % 10))).buffer,
);

/*
 * The ids that were written last. Each message repeats its room's id and, in its envelope and in its payload, its own; a
 * person who chats is seen again. The table is a plain function of what it is asked: a hit and a miss give the same text.
 */
const SLOTS = 256;
const slotHi = new Uint32Array(SLOTS);
const slotLo = new Uint32Array(SLOTS);
const slotText: string[] = new Array<string>(SLOTS).fill("");

/**
 * Writes an unsigned 64-bit integer, given as its halves, as decimal text. Without BigInt, whose toString costs several times as much;
 * ids have up to 19 digits, and a JS number holds 15.
 */
export function decimal(hi: number, lo: number): string {
  if (hi === 0 && lo < SMALL) return String(lo);
  const slot = (lo ^ (lo >>> 11) ^ (lo >>> 22)) & (SLOTS - 1);
  const before = slotText[slot] ?? "";
  if (before !== "" && slotHi[slot] === hi && slotLo[slot] === lo) return before;
  const text = long(hi, lo);
  slotHi[slot] = hi;
  slotLo[slot] = lo;
  slotText[slot] = text;
  return text;
}

/**
 * Divides by 10^8 twice. A double is not exact here, so a quotient may be off by one; the remainder is small enough to be exact in
 * 32 bits, and shows it.
 */
function long(hi: number, lo: number): string {
  let quotient = Math.floor((hi * TWO_32 + lo) / E8);
  let low = (lo - Math.imul(quotient | 0, E8)) | 0;
  if (low < 0) {
    low += E8;
    quotient--;
  } else if (low >= E8) {
    low -= E8;
    quotient++;
  }
  const top = Math.floor(quotient / E8);
  const head = (top / 100) | 0;
  pairs[0] = twoDigits[head] ?? 0;
  pairs[1] = twoDigits[top - head * 100] ?? 0;
  write((quotient - top * E8) | 0, 2);
  write(low, 6);
  let start = 0;
  while (digits[start] === 48) start++;
  return digitsFrom(start);
}

/** Returns the digits from `start`, for the lengths that ids have: with a fixed number of arguments fromCharCode is inlined. */
function digitsFrom(start: number): string {
  switch (start) {
    case 1:
      return String.fromCharCode(
        d[1],
        d[2],
        d[3],
        d[4],
        d[5],
        d[6],
        d[7],
        d[8],
        d[9],
        d[10],
        d[11],
        d[12],
        d[13],
        d[14],
        d[15],
        d[16],
        d[17],
        d[18],
        d[19],
      );
    case 4:
      return String.fromCharCode(d[4], d[5], d[6], d[7], d[8], d[9], d[10], d[11], d[12], d[13], d[14], d[15], d[16], d[17], d[18], d[19]);
    case 5:
      return String.fromCharCode(d[5], d[6], d[7], d[8], d[9], d[10], d[11], d[12], d[13], d[14], d[15], d[16], d[17], d[18], d[19]);
    case 8:
      return String.fromCharCode(d[8], d[9], d[10], d[11], d[12], d[13], d[14], d[15], d[16], d[17], d[18], d[19]);
    case 9:
      return String.fromCharCode(d[9], d[10], d[11], d[12], d[13], d[14], d[15], d[16], d[17], d[18], d[19]);
    case 10:
      return String.fromCharCode(d[10], d[11], d[12], d[13], d[14], d[15], d[16], d[17], d[18], d[19]);
    case 11:
      return String.fromCharCode(d[11], d[12], d[13], d[14], d[15], d[16], d[17], d[18], d[19]);
    default: {
      let out = "";
      for (let i = start; i < 20; i++) out += String.fromCharCode(digits[i] ?? 48);
      return out;
    }
  }
}

/** Writes eight digits, as the pairs from `at`. */
function write(value: number, at: number): void {
  const high = (value / 10_000) | 0;
  const low = value - high * 10_000;
  const first = (high / 100) | 0;
  const third = (low / 100) | 0;
  pairs[at] = twoDigits[first] ?? 0;
  pairs[at + 1] = twoDigits[high - first * 100] ?? 0;
  pairs[at + 2] = twoDigits[third] ?? 0;
  pairs[at + 3] = twoDigits[low - third * 100] ?? 0;
}

/** Node's own slices: without the option handling of toString(), which costs as much as a short string. */
interface Slices {
  utf8Slice(this: Uint8Array, start: number, end: number): string;
  ucs2Slice(this: Uint8Array, start: number, end: number): string;
}
const { utf8Slice, ucs2Slice } = Buffer.prototype as unknown as Slices;

/*
 * Most strings of a message are short: numbers as text, nicknames, club and gift names. For those the call into C++ costs more
 * than the string, and for Chinese text its UTF-8 decoder is slow; measured (Node 20, ns per string, here / utf8Slice): 8 ASCII
 * characters 21 / 72, 4 Han characters 35 / 101, 21 Han characters 136 / 233. Long ASCII (URLs, sec_uid) is left to C++.
 */
const MAX_ASCII = 12;
const MAX_BYTES = 384;

/** UTF-16 units of the string being read; only used within one call. */
const units = new Uint16Array(MAX_BYTES);
const unitBytes = new Uint8Array(units.buffer);
/** The same units, typed so that the first twelve are known to exist. */
const first = units as unknown as readonly [number, number, number, number, number, number, number, number, number, number, number, number];

/** Returns the text of UTF-8 bytes; what is not UTF-8 becomes U+FFFD as Node does it. */
export function readString(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length === 0) return "";
  if (length > MAX_BYTES || (length > MAX_ASCII && (bytes[start] ?? 0) < 128)) return utf8Slice.call(bytes, start, end);
  const count = decode(bytes, start, end);
  return count < 0 ? utf8Slice.call(bytes, start, end) : textOf(count);
}

/** Fills `units` and gives their count, or -1 when the bytes are not well-formed UTF-8. */
function decode(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  let i = start;
  while (i < end) {
    const a = bytes[i++] ?? 0;
    if (a < 0x80) {
      units[count++] = a;
    } else if (a < 0xe0) {
      const b = bytes[i++] ?? 0;
      if (a < 0xc2 || i > end || (b & 0xc0) !== 0x80) return -1;
      units[count++] = ((a & 0x1f) << 6) | (b & 0x3f);
    } else if (a < 0xf0) {
      const b = bytes[i++] ?? 0;
      const c = bytes[i++] ?? 0;
      const unit = ((a & 0x0f) << 12) | ((b & 0x3f) << 6) | (c & 0x3f);
      // Overlong forms and surrogates are not UTF-8.
      if (i > end || (b & 0xc0) !== 0x80 || (c & 0xc0) !== 0x80 || unit < 0x800 || (unit & 0xf800) === 0xd800) return -1;
      units[count++] = unit;
    } else {
      const b = bytes[i++] ?? 0;
      const c = bytes[i++] ?? 0;
      const d = bytes[i++] ?? 0;
      const point = ((a & 0x0f) << 18) | ((b & 0x3f) << 12) | ((c & 0x3f) << 6) | (d & 0x3f);
      if (a > 0xf4 || i > end || (b & 0xc0) !== 0x80 || (c & 0xc0) !== 0x80 || (d & 0xc0) !== 0x80 || point < 0x10000 || point > 0x10ffff)
        return -1;
      units[count++] = 0xd7c0 + (point >> 10);
      units[count++] = 0xdc00 + (point & 0x3ff);
    }
  }
  return count;
}

/** Returns a flat string of `count` units: with a fixed number of arguments fromCharCode is inlined. */
function textOf(count: number): string {
  const u = first;
  switch (count) {
    case 1:
      return String.fromCharCode(u[0]);
    case 2:
      return String.fromCharCode(u[0], u[1]);
    case 3:
      return String.fromCharCode(u[0], u[1], u[2]);
    case 4:
      return String.fromCharCode(u[0], u[1], u[2], u[3]);
    case 5:
      return String.fromCharCode(u[0], u[1], u[2], u[3], u[4]);
    case 6:
      return String.fromCharCode(u[0], u[1], u[2], u[3], u[4], u[5]);
    case 7:
      return String.fromCharCode(u[0], u[1], u[2], u[3], u[4], u[5], u[6]);
    case 8:
      return String.fromCharCode(u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7]);
    case 9:
      return String.fromCharCode(u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8]);
    case 10:
      return String.fromCharCode(u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9]);
    case 11:
      return String.fromCharCode(u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10]);
    case 12:
      return String.fromCharCode(u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11]);
    default:
      return ucs2Slice.call(unitBytes, 0, count * 2);
  }
}
