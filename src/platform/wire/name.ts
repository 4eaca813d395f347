import { readString } from "./string.js";

/*
 * The names that were read last, by a hash of a few of their bytes. Comparing bytes costs less than making a string, and a string that
 * was made before is found in a Map without hashing it again. The table is a plain function of what it is asked: a hit and a miss give
 * the same text.
 */
const SLOTS = 256;
/** The longest method has 52 bytes; a longer name is read as any string. */
const MAX_BYTES = 64;
const keptBytes = new Uint8Array(SLOTS * MAX_BYTES);
const keptLength = new Uint8Array(SLOTS);
const keptText: string[] = new Array<string>(SLOTS).fill("");

/** The text of UTF-8 bytes as {@link readString} gives it, for strings of few distinct values. */
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
