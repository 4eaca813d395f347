import { Buffer } from "node:buffer";

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
  return count < 0 ? utf8Slice.call(bytes, start, end) : text(count);
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
function text(count: number): string {
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
