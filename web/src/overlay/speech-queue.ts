import type { BlockList } from "./block-list.js";

/** Sentences that wait; a stream that talks minutes behind is of no use, so the oldest go first. */
const WAITING_MAX = 4;
const CHARS_MAX = 60;
const MINUTE_MS = 60_000;
/** The same words again within this time are not said again. */
const REPEAT_MS = 30_000;
const REMEMBERED_MAX = 100;

export interface SpeechRules {
  readonly perMinute: number;
  readonly blocked: BlockList;
}

/** What is to be read out: not too much, not twice, and nothing that is blocked. */
export class SpeechQueue {
  readonly #rules: SpeechRules;
  #waiting: string[] = [];
  /** When the last sentences were given out, ms. */
  #said: number[] = [];
  readonly #known = new Map<string, number>();

  constructor(rules: SpeechRules) {
    this.#rules = rules;
  }

  /** Offers a sentence. @returns whether it waits to be said */
  offer(sentence: string, now: number): boolean {
    const text = speakable(sentence);
    if (text === "" || this.#rules.blocked.blocks(sentence)) return false;
    const before = this.#known.get(text);
    if (before !== undefined && now - before < REPEAT_MS) return false;
    this.#known.delete(text);
    this.#known.set(text, now);
    if (this.#known.size > REMEMBERED_MAX) this.#known.delete(this.#known.keys().next().value ?? "");
    this.#waiting.push(text);
    if (this.#waiting.length > WAITING_MAX) this.#waiting.shift();
    return true;
  }

  /** What is to be said now; null when nothing waits or enough was said in the last minute. */
  next(now: number): string | null {
    this.#said = this.#said.filter((at) => now - at < MINUTE_MS);
    if (this.#waiting.length === 0 || this.#said.length >= this.#rules.perMinute) return null;
    this.#said.push(now);
    return this.#waiting.shift() ?? null;
  }
}

/** A text as it can be read out: no addresses, no walls of one letter, not too long; empty when there is nothing to say. */
export function speakable(text: string): string {
  const short = text
    .replace(/https?:\/\/\S+/gi, " ")
    .replace(/(.)\1{3,}/gsu, "$1$1$1")
    .replace(/\s+/g, " ")
    .trim();
  return /[\p{L}\p{N}]/u.test(short) ? [...short].slice(0, CHARS_MAX).join("") : "";
}
