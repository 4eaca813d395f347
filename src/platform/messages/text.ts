import type { Segment } from "../../events/event.js";
import { decodeLazy } from "../wire/decode.js";
import type { Drift } from "../wire/drift.js";
import { decodeText, type Text, type TextPiece } from "../wire/gen/text.js";
import type { User } from "../wire/gen/user.js";
import type { Lazy } from "../wire/reader.js";
import { clean, httpsOrNull, LONG, SHORT } from "./clean.js";

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

/** Returns the pieces of a rich chat: its words and its emoji images, in order. Neighbouring words are one segment. */
export function readSegments(text: Text | null, emojiName: string): Segment[] {
  const segments: Segment[] = [];
  if (text === null) return segments;
  let words = "";
  for (const piece of text.pieces.slice(0, MAX_PIECES)) {
    const image = piece.imageValue;
    if (image === null) {
      words += pieceText(piece);
      continue;
    }
    if (words !== "") segments.push({ text: clean(words, LONG) });
    words = "";
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
