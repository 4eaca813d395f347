/** Writes a 64-bit number, given in halves, as a varint over the bytes at `at`. Without bigints: it runs for every message under load. */
export function putVarint(target: Uint8Array, at: number, high: number, low: number): void {
  let position = at;
  let upper = high >>> 0;
  let lower = low >>> 0;
  while (upper > 0 || lower > 0x7f) {
    target[position++] = (lower & 0x7f) | 0x80;
    lower = ((lower >>> 7) | ((upper & 0x7f) << 25)) >>> 0;
    upper >>>= 7;
  }
  target[position] = lower;
}

/** Writes a whole number below 2^53 as a varint over the bytes at `at`. */
export function putNumber(target: Uint8Array, at: number, value: number): void {
  putVarint(target, at, Math.floor(value / 0x1_0000_0000), value % 0x1_0000_0000);
}

/** The bytes of a varint. */
export function varint(value: bigint): Uint8Array {
  const out: number[] = [];
  for (let left = value; ; left >>= 7n) {
    const low = Number(left & 0x7fn);
    if (left < 0x80n) {
      out.push(low);
      return Uint8Array.from(out);
    }
    out.push(low | 0x80);
  }
}
