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
  return text(start);
}

/** Returns the digits from `start`, for the lengths that ids have: with a fixed number of arguments fromCharCode is inlined. */
function text(start: number): string {
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
