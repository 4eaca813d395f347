import type { User as EventUser, Segment } from "../../events/event.js";
import type { Drift } from "../wire/drift.js";
import { decodeText, type Text, type TextPiece } from "../wire/gen/text.js";
import type { User } from "../wire/gen/user.js";
import { decodeLazy } from "../wire/methods.js";
import type { Lazy } from "../wire/reader.js";

/** Longest chat or notice kept, in UTF-16 units. The platform allows about 100 in a chat; the rest is room for rich texts. */
export const LONG = 4000;
/** Longest name, title or URL part kept, in UTF-16 units. */
export const SHORT = 512;

/**
 * Makes a string fit for every store: without NUL (PostgreSQL's text refuses it) and bounded. It is well-formed already: the decoders of
 * the wire turn what is not UTF-8, surrogates included, into U+FFFD, and so do the readers of JSON; so the only scan is for NUL,
 * which the engine does with memchr.
 */
export function clean(value: string, limit: number): string {
  if (value.length > limit) return clean(cut(value, limit), limit);
  return value.includes("\0") ? value.replaceAll("\0", "") : value;
}

/** Cleans a text as {@link clean} does, where empty means unknown. */
export function textOrNull(value: string, limit: number): string | null {
  if (value === "") return null;
  const cleaned = clean(value, limit);
  return cleaned === "" ? null : cleaned;
}

/** Returns the address of a picture as https, or null: it ends up in pages, so no other scheme passes. */
export function httpsOrNull(value: string): string | null {
  if (value === "" || value.length > 2048) return null;
  if (value.startsWith("https://")) return clean(value, 2048);
  if (value.startsWith("http://")) return clean(`https://${value.slice(7)}`, 2049);
  return value.startsWith("//") ? clean(`https:${value}`, 2054) : null;
}

/** Returns a 64-bit id as the decoders give it, where "0" means absent. */
export function idOrNull(value: string): string | null {
  return value === "0" || value === "" ? null : value;
}

/** Returns a counter where 0 means absent, as it does in proto3. Negative and unsafe numbers are nonsense, so unknown too. */
export function countOrNull(value: number): number | null {
  return value > 0 && value <= Number.MAX_SAFE_INTEGER ? value : null;
}

function cut(value: string, limit: number): string {
  const last = value.charCodeAt(limit - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return value.slice(0, splitsPair ? limit - 1 : limit);
}

// Far more than any text of the platform has; a bound for hostile ones.
const MAX_PIECES = 200;

/** Decodes a text that the decoders left undecoded. Null when absent, or damaged: then it is counted, and the event goes without it. */
export function openText(lazy: Lazy | null, drift: Drift): Text | null {
  return decodeLazy(lazy, decodeText, drift);
}

/**
 * Returns a templated text as people read it. `default_pattern` holds placeholders such as `{0:user}`, `{1:string}`, `{2:image}` or
 * `{0}`, whose number is the index of the piece; pieces that are missing, or images without a name, are left out (the captures have both).
 */
export function readText(text: Text | null): string {
  if (text === null) return "";
  const pattern = text.defaultPattern;
  let out = "";
  let at = 0;
  for (let used = 0; used < MAX_PIECES && out.length < LONG; used++) {
    const open = pattern.indexOf("{", at);
    if (open < 0) break;
    const close = pattern.indexOf("}", open);
    if (close < 0) break;
    const index = placeholder(pattern, open + 1, close);
    if (index < 0) {
      // A brace that opens no placeholder is a word of the text.
      out += pattern.slice(at, open + 1);
      at = open + 1;
      continue;
    }
    out += pattern.slice(at, open);
    const piece = text.pieces[index];
    if (piece !== undefined) out += pieceText(piece);
    at = close + 1;
  }
  out += pattern.slice(at);
  if (pattern === "") for (const piece of text.pieces.slice(0, MAX_PIECES)) out += pieceText(piece);
  return clean(out, LONG).trim();
}

/**
 * Returns the pieces of a rich chat: its words, the people whom it mentions and its emoji images, in order. Neighbouring words are one segment.
 * @param person as the event tells them
 */
export function readSegments(text: Text | null, emojiName: string, person: (user: User) => EventUser): Segment[] {
  const segments: Segment[] = [];
  if (text === null) return segments;
  let words = "";
  for (const piece of text.pieces.slice(0, MAX_PIECES)) {
    const image = piece.imageValue;
    const mentioned = piece.userValue?.user ?? null;
    if (image === null && mentioned === null) {
      words += pieceText(piece);
      continue;
    }
    if (words !== "") segments.push({ text: clean(words, LONG) });
    words = "";
    if (image === null) {
      if (mentioned !== null) segments.push({ text: clean(pieceText(piece), SHORT), user: person(mentioned) });
      continue;
    }
    const name = imageName(piece);
    const url = image.image === null ? null : httpsOrNull(image.image.url);
    segments.push({ emoji: clean(name === "" ? emojiName : name, SHORT), url });
  }
  if (words !== "") segments.push({ text: clean(words, LONG) });
  return segments;
}

/** Returns the first user that a text names, as shown; null without one. */
export function firstUser(text: Text | null): User | null {
  if (text === null) return null;
  for (const piece of text.pieces) if (piece.userValue?.user) return piece.userValue.user;
  return null;
}

// The list of piece types is unverified, so what is present decides (protocol.md 4.1).
function pieceText(piece: TextPiece): string {
  if (piece.stringValue !== "") return piece.stringValue;
  const user = piece.userValue?.user;
  if (user) {
    const name = user.nickname === "" ? user.desensitizedNickname : user.nickname;
    return piece.userValue?.withColon ? `${name}:` : name;
  }
  if (piece.giftValue?.nameRef) return piece.giftValue.nameRef.defaultPattern;
  if (piece.patternRefValue) return piece.patternRefValue.defaultPattern;
  return imageName(piece);
}

function imageName(piece: TextPiece): string {
  const content = piece.imageValue?.image?.content;
  return content ? (content.name === "" ? content.alternativeText : content.name) : "";
}

function placeholder(pattern: string, from: number, to: number): number {
  let index = 0;
  let i = from;
  for (; i < to && i < from + 3; i++) {
    const c = pattern.charCodeAt(i);
    if (c < 48 || c > 57) break;
    index = index * 10 + c - 48;
  }
  return i === from || (i < to && pattern.charCodeAt(i) !== 58) ? -1 : index;
}
