import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";

/** Bound below which a number is a count, a level, a gift or a colour; ids of people have more digits. */
const SMALL = 10_000_000n;
/** Distance to the time of receipt, in s, up to which numbers are times, or ids made in this broadcast (their upper half is the second). */
const NEAR_S = 2n * 86_400n;
const SIGNED_MAX = 1n << 63n;
const HAN =
  "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经";

/** Replaces numbers and texts that may tell who somebody is by others of the same form: the same ones by the same, wherever the key is. */
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
