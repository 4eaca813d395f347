import { shows } from "../../../src/events/hidden.js";

declare const ISOLATED: unique symbol;
/** Words of somebody else, fit for the middle of a sentence of ours: our sentences take them in no other form. */
export type Isolated = string & { readonly [ISOLATED]: true };

/**
 * Returns a stranger's words for the middle of ours: what they have of signs that turn the direction of text turns nothing of ours. Alone in an
 * element of their own they need `<bdi>` only.
 */
export function isolated(words: string): Isolated {
  return (words === "" ? "" : `\u2068${words.replace(/[\u202a-\u202e\u2066-\u2069]/g, "")}\u2069`) as Isolated;
}

/** Returns a stranger's words, or nothing where nobody would see any: blanks and signs that show nothing are no name. */
export function seen(words: string | null | undefined): string {
  return words != null && shows(words) ? words : "";
}
