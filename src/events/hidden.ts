/** One picture, with the variation selector and skin tone that may follow it. */
const PICTURE = String.raw`\p{Extended_Pictographic}[\ufe0e\ufe0f]?\p{Emoji_Modifier}?`;
/** Emoji whole, with the joiners and variation selectors in them: families, hearts, keycaps, and the flags that are written with tags. */
const EMOJI = String.raw`\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{3,6}\u{e007f}|${PICTURE}(?:\u200d${PICTURE})*|[0-9#*]\ufe0f\u20e3`;
/**
 * Signs that show nothing, or steer what is around them: control characters, format characters (Cf: all that turn the direction of text, U+061C
 * too, zero-width ones, tags), ends of lines and paragraphs, and what fonts leave out (Default_Ignorable_Code_Point: fillers, selectors).
 */
const HIDDEN = String.raw`[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]`;
const EITHER = new RegExp(`(${EMOJI})|${HIDDEN}`, "gu");

/**
 * Returns a stranger's text as it looks: each sign that shows nothing, or steers what is around it, becomes `mark`, or what that makes of it. Emoji stay whole.
 * Joiners of scripts that have them (Persian, Hindi) are marked too: nothing tells them from those that hide one name in another.
 */
export function shownText(text: string, mark: string | ((sign: string) => string)): string {
  return text.replace(EITHER, (sign: string, emoji: string | undefined) => emoji ?? (typeof mark === "string" ? mark : mark(sign)));
}
