import { LONG, SHORT, textOrNull } from "../messages/text.js";
import { at } from "../wire/exact-json.js";

/**
 * Returns a field of a work, a comment or a person, however the platform spells it: replies have `snake_case`, the page's state the same in
 * `camelCase` (facts/videos.md 3.1). Null counts as absent.
 * @param names the reply's name first, then what the page's state calls it where that is another word
 */
export function fieldOf(value: unknown, ...names: string[]): unknown {
  for (const name of names) {
    const found = at(value, name) ?? at(value, camelCase(name));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Names of fields by their name in replies: those that this folder asks for, so not many. */
const CAMEL_CASE = new Map<string, string>();

function camelCase(name: string): string {
  let camel = CAMEL_CASE.get(name);
  if (camel === undefined) {
    camel = name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    CAMEL_CASE.set(name, camel);
  }
  return camel;
}

/** Returns a text, cleaned and cut; null when there is none. */
export function textOf(value: unknown, limit: number = SHORT): string | null {
  return typeof value === "string" ? textOrNull(value.slice(0, limit + 1).toWellFormed(), limit) : null;
}

/** Returns a text that users wrote; empty if there is none. */
export function wordsOf(value: unknown): string {
  return textOf(value, LONG) ?? "";
}

/** Returns a whole number from 0; null for everything else. Numbers of 16 digits and more come as digits. */
export function countOf(value: unknown): number | null {
  const count = typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return typeof count === "number" && Number.isSafeInteger(count) && count >= 0 ? count : null;
}

/** Returns a whole number above 0, where 0 is what a field has that is not filled in. */
export function positiveOf(value: unknown): number | null {
  return countOf(value) || null;
}

/** Returns a decimal id, which may have come as a number; 0 is none. */
export function idOf(value: unknown): string | null {
  const id = typeof value === "number" && Number.isSafeInteger(value) ? String(value) : value;
  return typeof id === "string" && /^[1-9]\d{0,19}$/.test(id) ? id : null;
}

const YES: ReadonlySet<unknown> = new Set([true, 1, "1", "true"]);
const NO: ReadonlySet<unknown> = new Set([false, 0, "0", "false"]);

/** Returns a yes or no, which may have come as 1 or 0, or as text; null when it is neither. */
export function flagOf(value: unknown): boolean | null {
  return YES.has(value) ? true : NO.has(value) ? false : null;
}

/** Returns the first elements of a list; none when it is no list. */
export function listOf(value: unknown, most: number): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, most) : [];
}

/** Returns a moment that came in seconds or milliseconds, as ms UTC; null when there is none. */
export function momentOf(value: unknown): number | null {
  const lastSecond = 1e11; // in the year 5138: larger numbers are milliseconds
  const count = positiveOf(value);
  if (count === null || count > lastSecond * 1000) return null;
  return count > lastSecond ? count : count * 1000;
}

/**
 * Returns when a work or a comment was made, estimated from its id: the bits from the 32nd up are the second (facts/videos.md section 0).
 * @param id a decimal number of at most 32 digits
 * @returns ms UTC, seen to be right within half a minute; null when the text is no such number
 */
export function timeOfId(id: string): number | null {
  return /^\d{1,32}$/.test(id) ? Number(BigInt(id) >> 32n) * 1000 : null;
}
