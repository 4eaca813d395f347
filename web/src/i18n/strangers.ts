import { shows } from "../../../src/events/hidden.js";

declare const PART: unique symbol;
/**
 * Text that is fit for the middle of a sentence of ours: our own words and figures, or somebody else's that are `isolated`. The sentences take text
 * in no other form, so what the server or a stranger says cannot stand in one as it came.
 */
export type Part = string & { readonly [PART]: true };

/**
 * Returns words of a stranger, or of the server, for the middle of ours: what they have of signs that turn the direction of text turns nothing of
 * ours. Alone in an element of their own they need `<bdi>` only.
 */
export function isolated(words: string): Part {
  return (words === "" ? "" : `\u2068${words.replace(/[\u202a-\u202e\u2066-\u2069]/g, "")}\u2069`) as Part;
}

/** Returns words or a figure that were put together here of our own for the middle of a sentence. */
export function ours(words: string): Part {
  return words as Part;
}

/** Returns a stranger's words, or nothing where nobody would see any: blanks and signs that show nothing are no name. */
export function seen(words: string | null | undefined): string {
  return words != null && shows(words) ? words : "";
}
