import type { EventType, LiveEvent } from "../events/event.js";
import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import type { RoomKey } from "./log.js";

/** Most rooms that the index is asked for by name; of more, what it finds is sifted. */
const QUERY_ROOMS = 200;

/** Conditions of a search; all that are given must hold, and one of text, types, userId and minDiamonds must be given. */
export interface SearchAsk {
  /** Rooms that may be found; all by default. The system's never is. */
  readonly rooms?: ReadonlySet<RoomKey>;
  /** Part of the text of a chat or a notice: 2 to 100 characters. Capitals and the width of letters do not matter. */
  readonly text?: string;
  readonly types?: readonly EventType[];
  /** `user.id` of the event. */
  readonly userId?: string;
  /** Only events of this broadcast. */
  readonly sessionId?: string;
  /** Earliest platform time, ms UTC, included. */
  readonly from?: number;
  /** Latest platform time, ms UTC, not included. */
  readonly to?: number;
  /** Only events whose `diamonds` are known and at least this many. */
  readonly minDiamonds?: number;
}

/** Page of what was found. */
export interface Found {
  /** Newest first, in the order in which they were stored. May be fewer than asked for before the end. */
  readonly events: readonly LiveEvent[];
  /** Position to go on from: events before it are still to be looked at; null when all has been. */
  readonly before: number | null;
  /** Number of events that the index has not got yet. */
  readonly behind: number;
}

/** Most pairs of a text that are looked for; what the others would sort out, the comparison with the text does. */
const QUERY_PAIRS = 32;
/** Longest text that can be asked for, in characters. */
export const TEXT_MAX = 100;
/** Exponent of the largest power of two that a worth may reach (2^53 − 1). */
const WORTH_BITS = 52;

/** Returns a text for comparing: wide and narrow letters, capitals and small ones are alike, and runs of spaces are one. */
export function foldText(text: string): string {
  return text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();
}

/** Returns the text of an event that can be searched; null for events without such. */
function textOf(event: LiveEvent): string | null {
  return event.type === "chat" || event.type === "notice" ? event.text : null;
}

/**
 * Returns the words by which an event is found: its room, its type, the spans of its time, its user, the power of two of its worth, and every pair of
 * neighbouring characters of its text. All are plain letters and digits, so that no tokenizer cuts them or takes two for one: emoji and signs are
 * found like Chinese.
 */
export function wordsOf(room: RoomKey, event: LiveEvent): string {
  const words = [roomWord(room), typeWord(event.type), ...SPANS.map((span) => spanWord(span, event.time))];
  const userId = "user" in event ? (event.user?.id ?? null) : null;
  if (userId !== null) words.push(userWord(userId));
  if ("diamonds" in event && event.diamonds !== null && event.diamonds >= 0) words.push(worthWord(event.diamonds));
  const text = textOf(event);
  if (text !== null) words.push(...pairsOf(foldText(text)));
  return words.join(" ");
}

/**
 * Returns the condition in the words of the index. It lets through all that fulfils `ask`, and more: pairs say nothing of their order.
 * @param now ms UTC: no event is of more than a day later
 * @throws DyliveError bad_request when nothing is asked for, or a text of less than two characters
 */
export function queryOf({ text, types, userId, minDiamonds, rooms, from, to }: SearchAsk, now: number): string {
  const terms: string[] = [];
  if (text !== undefined) terms.push(...pairsOf(askedText(text)).slice(0, QUERY_PAIRS));
  if (userId !== undefined) terms.push(userWord(userId));
  if (minDiamonds !== undefined) terms.push(anyOf(worthWords(minDiamonds)));
  if (types !== undefined) terms.push(anyOf(types.map(typeWord)));
  if (terms.length === 0) throw new DyliveError("bad_request", "name something to search for: a text, a user, types or the worth of gifts");
  if (rooms !== undefined && rooms.size <= QUERY_ROOMS) terms.push(anyOf([...rooms].map(roomWord)));
  if (from !== undefined || to !== undefined)
    terms.push(anyOf(spanWords(Math.max(from ?? 0, 0), Math.min(to ?? now + DAY_MS, now + DAY_MS))));
  return terms.join(" AND ");
}

/** Returns whether an event of a room fulfils all that is asked; a test event is not what happened, and is not found. */
export function isFound(
  room: RoomKey,
  event: LiveEvent,
  { rooms, text, types, userId, sessionId, minDiamonds, from, to }: SearchAsk,
): boolean {
  if (rooms?.has(room) === false) return false;
  if (event.source === "test" || (types !== undefined && !types.includes(event.type))) return false;
  if (userId !== undefined && (!("user" in event) || event.user?.id !== userId)) return false;
  if (sessionId !== undefined && event.sessionId !== sessionId) return false;
  if (minDiamonds !== undefined && (!("diamonds" in event) || event.diamonds === null || event.diamonds < minDiamonds)) return false;
  if ((from !== undefined && event.time < from) || (to !== undefined && event.time >= to)) return false;
  return text === undefined || foldText(textOf(event) ?? "").includes(foldText(text));
}

function askedText(text: string): string {
  const folded = foldText(text);
  const length = [...folded].length;
  if (length < 2 || length > TEXT_MAX)
    throw new DyliveError("bad_request", msg`a text to search for takes 2 to ${TEXT_MAX} characters, this one has ${length}`);
  return folded;
}

function pairsOf(folded: string): string[] {
  const signs = Array.from(folded, (sign) => (sign.codePointAt(0) ?? 0).toString(36).padStart(4, "0"));
  return [...new Set(signs.slice(1).map((sign, at) => `b${signs[at]}${sign}`))];
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Spans of time that have words, shortest first: a range of time is asked for by the shortest of which it has few. */
const SPANS = [
  { letter: "h", ms: HOUR_MS },
  { letter: "y", ms: DAY_MS },
  { letter: "m", ms: 30 * DAY_MS },
] as const;
const QUERY_SPANS = 64;

function spanWord({ letter, ms }: (typeof SPANS)[number], time: number): string {
  return `${letter}${Math.floor(Math.max(0, time) / ms)}`;
}

/** Returns words of which every event within a range of time has one. */
function spanWords(from: number, to: number): string[] {
  const span = SPANS.find(({ ms }) => (to - from) / ms < QUERY_SPANS) ?? SPANS[2];
  const count = Math.max(0, Math.floor(to / span.ms) - Math.floor(from / span.ms) + 1);
  return Array.from({ length: count }, (_, at) => spanWord(span, from + at * span.ms));
}

function roomWord(room: RoomKey): string {
  return `r${room}`;
}

function typeWord(type: EventType): string {
  return `t${type}`;
}

/** Returns the word of a user's id. Ids are digits, but for those that a stranger or another platform made. */
function userWord(id: string): string {
  return /^[0-9]{1,24}$/.test(id) ? `u${id}` : `v${Buffer.from(id).toString("hex").slice(0, 200)}`;
}

function worthWord(diamonds: number): string {
  return diamonds < 1 ? "z" : `d${Math.min(WORTH_BITS, Math.floor(Math.log2(diamonds)))}`;
}

function worthWords(atLeast: number): string[] {
  const first = atLeast < 1 ? 0 : Math.floor(Math.log2(atLeast));
  const powers = Array.from({ length: WORTH_BITS + 1 }, (_, bits) => `d${bits}`).slice(Math.min(first, WORTH_BITS));
  return atLeast < 1 ? ["z", ...powers] : powers;
}

/** Returns the condition that any of these words fulfils. By no words nothing is found. */
function anyOf(words: readonly string[]): string {
  return words.length === 0 ? "nothing" : `(${words.join(" OR ")})`;
}
