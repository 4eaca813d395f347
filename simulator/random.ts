/** A seeded generator of numbers (sfc32): the same seed gives the same room on every machine. */
export class Random {
  readonly #seed: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param seed any text; two generators of one seed give the same numbers */
  constructor(seed: string) {
    this.#seed = seed;
    this.#a = hash32(`${seed}/a`);
    this.#b = hash32(`${seed}/b`);
    this.#c = hash32(`${seed}/c`);
    // sfc32 needs some rounds before similar seeds stop giving similar numbers.
    for (let round = 0; round < 12; round++) this.uint32();
  }

  /** Makes a generator of its own for a part, so that one part's use of numbers does not shift another's. */
  fork(part: string): Random {
    return new Random(`${this.#seed}/${part}`);
  }

  /** Returns a whole number, 0 … 2^32-1. */
  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Returns a number x, 0 ≤ x < 1. */
  unit(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** Returns a whole number from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  /** Returns true in `probability` of the cases. */
  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  /** Picks one of the items. */
  pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.unit() * items.length)];
    if (item === undefined) throw new RangeError("cannot pick from an empty list");
    return item;
  }

  /** Returns `length` characters of the alphabet. */
  text(length: number, alphabet: string): string {
    let out = "";
    for (let i = 0; i < length; i++) out += alphabet[Math.floor(this.unit() * alphabet.length)];
    return out;
  }

  /** Returns a number of exactly `length` digits, as text. */
  digits(length: number): string {
    return this.text(1, "123456789") + this.text(length - 1, "0123456789");
  }

  /** Returns lower-case hexadecimal digits. */
  hex(length: number): string {
    return this.text(length, "0123456789abcdef");
  }

  /** Returns characters as the platform uses them in opaque ids. */
  token(length: number): string {
    return this.text(length, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
  }
}

/** Hashes a text to 32 bits by FNV-1a with a final mix, for seeds and for low halves of ids. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

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
