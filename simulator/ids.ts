/** Makes a 19-digit id as the platform does: Unix seconds in the high 32 bits. */
export function makeId(ms: number, low: number): string {
  return ((BigInt(Math.floor(ms / 1000)) << 32n) | BigInt(low >>> 0)).toString();
}

/**
 * Low halves of message ids: they look random, never repeat within 2^32 messages, and are the same for the same seed.
 */
export class LowHalves {
  #value: number;

  constructor(seed: number) {
    this.#value = seed >>> 0;
  }

  next(): number {
    // An odd step visits every one of the 2^32 values before the first comes again.
    this.#value = (this.#value + 0x9e3779b1) >>> 0;
    return this.#value;
  }
}

/** Makes a log id as the platform writes them in headers: a date, then hexadecimal digits. */
export function makeLogId(ms: number, hex: string): string {
  // The platform's clocks are Beijing's.
  const beijing = new Date(ms + 8 * 3_600_000).toISOString();
  return `${beijing.slice(0, 19).replace(/[-T:]/g, "")}${hex.toUpperCase()}`;
}
