import { Buffer } from "node:buffer";

/** Receiver of what a JSON text holds. Paths name each step: the key in an object, `*` in an array. */
export interface ScanTarget {
  /** Whether a string, number, true, false or null is wanted; others are passed over without being copied. */
  wants(path: readonly string[]): boolean;
  value(path: readonly string[], value: string | number | boolean | null): void;
  /** Called when an object or array ends. */
  left(path: readonly string[]): void;
  /** Called when a wanted string was longer than the limit; it is left out. */
  tooLong(path: readonly string[]): void;
}

/** Error of a text that is no JSON, with the byte at which that shows. */
export class JsonError extends Error {
  constructor(what: string, at: number) {
    super(`${what} at byte ${at}`);
    this.name = "JsonError";
  }
}

const MAX_DEPTH = 128;
const MAX_KEY_BYTES = 1024;

const VALUE = 0;
const FIRST_VALUE = 1; // of an array, which may also end
const KEY = 2;
const FIRST_KEY = 3; // of an object, which may also end
const COLON = 4;
const AFTER = 5;
const STRING = 6;
const WORD = 7; // a number or a literal
const DONE = 8;

/**
 * Reads a JSON text of any length chunk by chunk, holding only the value under way. It checks the structure; of the words between only
 * those that are wanted.
 */
export class JsonScanner {
  readonly #target: ScanTarget;
  readonly #maxBytes: number;
  readonly #path: string[] = [];
  /** Of each open container: whether it is an array. */
  readonly #arrays: boolean[] = [];
  #state = VALUE;
  #offset = 0;
  #isKey = false;
  #escaped = false;
  #hadEscape = false;
  /** null: the string or word under way is not wanted. */
  #parts: Uint8Array[] | null = null;
  #size = 0;

  /** @param maxBytes longest wanted string */
  constructor(target: ScanTarget, maxBytes: number) {
    this.#target = target;
    this.#maxBytes = maxBytes;
  }

  /** Whether a whole text has been read. */
  get done(): boolean {
    return this.#state === DONE;
  }

  /** @throws JsonError */
  push(chunk: Uint8Array): void {
    // A byte order mark may stand before the text.
    let i = this.#offset === 0 && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf ? 3 : 0;
    while (i < chunk.length) {
      if (this.#state === STRING) i = this.#string(chunk, i);
      else if (this.#state === WORD) i = this.#word(chunk, i);
      else this.#step(chunk[i] ?? 0, i++);
    }
    this.#offset += chunk.length;
  }

  /** Reads a string, skipping whole ones at once: they are nearly all of a capture. */
  #string(chunk: Uint8Array, from: number): number {
    let i = from;
    for (; i < chunk.length; i++) {
      const byte = chunk[i];
      if (this.#escaped) this.#escaped = false;
      else if (byte === 0x5c) {
        this.#escaped = true;
        this.#hadEscape = true;
      } else if (byte === 0x22) break;
    }
    this.#keep(chunk.subarray(from, i));
    if (i === chunk.length) return i;
    this.#endString(i);
    return i + 1;
  }

  #word(chunk: Uint8Array, from: number): number {
    let i = from;
    while (i < chunk.length && isWord(chunk[i] ?? 0)) i++;
    this.#keep(chunk.subarray(from, i));
    if (i === chunk.length) return i;
    const text = this.#taken();
    if (text !== null) this.#target.value(this.#path, this.#parsed(text, i) as number);
    this.#afterValue();
    return i;
  }

  #step(byte: number, i: number): void {
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) return;
    switch (this.#state) {
      case FIRST_VALUE:
      case VALUE:
        if (byte === 0x5d && this.#state === FIRST_VALUE) this.#close(true, i);
        else this.#begin(byte, i);
        return;
      case FIRST_KEY:
      case KEY:
        if (byte === 0x7d && this.#state === FIRST_KEY) this.#close(false, i);
        else if (byte === 0x22) this.#open(true, true);
        else throw this.#error("a key is missing", i);
        return;
      case COLON:
        if (byte !== 0x3a) throw this.#error("a colon is missing", i);
        this.#state = VALUE;
        return;
      case AFTER:
        if (byte === 0x5d || byte === 0x7d) this.#close(byte === 0x5d, i);
        else if (byte === 0x2c) this.#state = this.#arrays.at(-1) ? VALUE : KEY;
        else throw this.#error("a comma is missing", i);
        return;
      default:
        throw this.#error("there is more behind the end", i);
    }
  }

  #begin(byte: number, i: number): void {
    if (byte === 0x7b || byte === 0x5b) {
      if (this.#arrays.length >= MAX_DEPTH) throw this.#error("it is nested too deeply", i);
      this.#arrays.push(byte === 0x5b);
      this.#path.push(byte === 0x5b ? "*" : "");
      this.#state = byte === 0x5b ? FIRST_VALUE : FIRST_KEY;
    } else if (byte === 0x22) this.#open(false, this.#target.wants(this.#path));
    else if (isWord(byte)) {
      this.#open(false, this.#target.wants(this.#path));
      this.#state = WORD;
      this.#keep(Uint8Array.of(byte));
    } else throw this.#error("a value is missing", i);
  }

  #open(isKey: boolean, wanted: boolean): void {
    this.#state = STRING;
    this.#isKey = isKey;
    this.#hadEscape = false;
    this.#parts = wanted ? [] : null;
    this.#size = 0;
  }

  #keep(bytes: Uint8Array): void {
    if (this.#parts === null) return;
    this.#size += bytes.length;
    if (this.#size <= (this.#isKey ? MAX_KEY_BYTES : this.#maxBytes)) this.#parts.push(bytes);
    else {
      this.#parts = null;
      if (!this.#isKey) this.#target.tooLong(this.#path);
    }
  }

  #endString(i: number): void {
    const text = this.#taken();
    const value = text === null || !this.#hadEscape ? text : String(this.#parsed(`"${text}"`, i));
    if (this.#isKey) {
      this.#path[this.#path.length - 1] = value ?? "";
      this.#state = COLON;
      return;
    }
    if (value !== null) this.#target.value(this.#path, value);
    this.#afterValue();
  }

  #taken(): string | null {
    const parts = this.#parts;
    this.#parts = null;
    return parts === null ? null : Buffer.concat(parts).toString("utf8");
  }

  #close(isArray: boolean, i: number): void {
    if (this.#arrays.pop() !== isArray) throw this.#error("a bracket does not match", i);
    this.#path.pop();
    this.#target.left(this.#path);
    this.#afterValue();
  }

  #afterValue(): void {
    this.#state = this.#arrays.length === 0 ? DONE : AFTER;
  }

  #parsed(text: string, i: number): unknown {
    try {
      return JSON.parse(text);
    } catch {
      throw this.#error("a value is damaged", i);
    }
  }

  #error(what: string, i: number): JsonError {
    return new JsonError(what, this.#offset + i);
  }
}

/** Returns whether a byte is a letter, a digit, `+`, `-` or `.`: what numbers, true, false and null are made of. */
function isWord(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x45 || byte === 0x2b || byte === 0x2d || byte === 0x2e
  );
}
