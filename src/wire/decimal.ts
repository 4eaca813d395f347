const BILLION = 1_000_000_000;

/** Digits of the number being written, right-aligned, as character codes; only used within one call. */
const digits = new Uint8Array(20);
type Five = [number, number, number, number, number];
/** The same digits, typed so that they are known to exist. */
const d = digits as unknown as readonly [...Five, ...Five, ...Five, ...Five];

/*
 * The ids that were written last. Each message repeats its room's id and, in its envelope and in its payload, its own; a
 * person who chats is seen again. The table is a plain function of what it is asked: a hit and a miss give the same text.
 */
const SLOTS = 256;
const slotHi = new Uint32Array(SLOTS);
const slotLo = new Uint32Array(SLOTS);
const slotText: string[] = new Array<string>(SLOTS).fill("");

/**
 * An unsigned 64-bit integer, given as its halves, as decimal text. Without BigInt, whose toString costs several times as much;
 * ids have up to 19 digits, and a JS number holds 15.
 */
export function decimal(hi: number, lo: number): string {
  if (hi === 0) return String(lo);
  const slot = (lo ^ (lo >>> 11) ^ (lo >>> 22)) & (SLOTS - 1);
  const before = slotText[slot] ?? "";
  if (before !== "" && slotHi[slot] === hi && slotLo[slot] === lo) return before;
  const text = long(hi, lo);
  slotHi[slot] = hi;
  slotLo[slot] = lo;
  slotText[slot] = text;
  return text;
}

/** At least 2^32. Long division by 10^9 in 16-bit steps, so that no intermediate exceeds 2^53. */
function long(hi: number, lo: number): string {
  const top = Math.floor(hi / BILLION);
  const middle = (hi - top * BILLION) * 65536 + (lo >>> 16);
  const middleQuotient = Math.floor(middle / BILLION);
  const low = (middle - middleQuotient * BILLION) * 65536 + (lo & 0xffff);
  const lowQuotient = Math.floor(low / BILLION);
  // Up to 11 digits, then 9.
  const quotient = (top * 65536 + middleQuotient) * 65536 + lowQuotient;
  const lead = Math.floor(quotient / BILLION);
  write(low - lowQuotient * BILLION, 19);
  write(quotient - lead * BILLION, 10);
  digits[1] = 48 + (lead % 10);
  digits[0] = 48 + Math.floor(lead / 10);
  let start = 0;
  while (digits[start] === 48) start++;
  return text(start);
}

/** The digits from `start`, for the lengths that ids have: with a fixed number of arguments fromCharCode is inlined. */
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
    default: {
      let out = "";
      for (let i = start; i < 20; i++) out += String.fromCharCode(digits[i] ?? 48);
      return out;
    }
  }
}

/** Nine digits that end at `last`. */
function write(value: number, last: number): void {
  let rest = value | 0;
  for (let i = last; i > last - 9; i--) {
    const tenth = (rest / 10) | 0;
    digits[i] = 48 + rest - tenth * 10;
    rest = tenth;
  }
}
