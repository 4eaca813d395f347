import type { NewEventOf } from "../events/event.js";

/** The platform's emoji in a text: a short name in brackets, such as [比心]. */
const NAMED = /\[([^[\]\s]{1,12})\]/gu;
const PICTURE = /\p{Extended_Pictographic}/u;

/**
 * The emoji of a chat, as often as they are in it: the platform's own by their name in brackets, others as they are. A chat that tells its
 * pieces is believed about them; its text alone is looked at otherwise.
 */
export function emojiOf(
  { text, segments, kind }: Pick<NewEventOf<"chat">, "text" | "segments" | "kind">,
  graphemes: Intl.Segmenter,
): string[] {
  const found: string[] = [];
  const pieces = segments.length > 0 ? segments : [{ text }];
  for (const piece of pieces) {
    if ("emoji" in piece) found.push(bracketed(piece.emoji));
    else found.push(...inText(piece.text, graphemes));
  }
  // A chat that is one emoji has its name for a text, brackets or not.
  if (found.length === 0 && kind === "emoji" && text !== "") found.push(bracketed(text));
  return found;
}

/** A text without what {@link emojiOf} finds by name: those names are no words. */
export function withoutEmoji(text: string): string {
  return text.replace(NAMED, " ");
}

function inText(text: string, graphemes: Intl.Segmenter): string[] {
  const found = [...text.matchAll(NAMED)].map(([whole]) => whole);
  if (!PICTURE.test(text)) return found;
  for (const { segment } of graphemes.segment(text)) if (PICTURE.test(segment)) found.push(segment);
  return found;
}

function bracketed(name: string): string {
  return name.startsWith("[") && name.endsWith("]") ? name : `[${name}]`;
}
