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
const ALL_HIDDEN = new RegExp(HIDDEN, "gu");
/** Blanks of every width, ends of lines too, and the Braille sign without dots. */
const BLANKS = /[\p{Zs}\p{Zl}\p{Zp}\t-\r\u0085\u2800]/gu;
/** Longest name that a person is asked to type, in characters. */
const TYPED_MAX_CHARS = 100;

/**
 * Returns a stranger's text as it looks: each sign that shows nothing, or steers what is around it, becomes `mark`, or what that makes of it. Emoji stay whole.
 * Joiners of scripts that have them (Persian, Hindi) are marked too: nothing tells them from those that hide one name in another.
 */
export function shownText(text: string, mark: string | ((sign: string) => string)): string {
  return text.replace(EITHER, (sign: string, emoji: string | undefined) => emoji ?? (typeof mark === "string" ? mark : mark(sign)));
}

/** Whether anything of a text can be seen. */
export function shows(text: string): boolean {
  return typedKey(typable(text)) !== "";
}

/** Names of something that is about to be deleted, one of which is typed so that nothing else is meant. */
interface Confirmation {
  /** Name to ask for, as it is to be typed; empty where there is none. */
  readonly ask: string;
  /** Every name that will do, in the order given. */
  readonly names: readonly string[];
  /** Returns whether one of them was typed. Blanks around it, their number and width, and signs that show nothing do not count. */
  accepts(typed: string | null): boolean;
}

/**
 * Returns what is to be typed to confirm that something is meant, for server, command and dashboard alike.
 * @param names what it is called, best first, its id last; those that are unknown, show nothing or are longer than 100 characters are left out
 */
export function confirmationOf(names: readonly (string | null | undefined)[]): Confirmation {
  const byKey = new Map<string, string>();
  for (const name of names.map((one) => typable(one ?? ""))) {
    const key = typedKey(name);
    if (key !== "" && [...name].length <= TYPED_MAX_CHARS && !byKey.has(key)) byKey.set(key, name);
  }
  const all = [...byKey.values()];
  return { ask: all[0] ?? "", names: all, accepts: (typed) => typed !== null && byKey.has(typedKey(typable(typed))) };
}

/** Returns a name as a person would type it who sees it. */
function typable(name: string): string {
  return shownText(name.replace(BLANKS, " "), "").replace(/ +/g, " ").trim();
}

/** Returns what is compared of a name: keyboards differ in how they write one emoji, or one letter with its accent. */
function typedKey(name: string): string {
  return name.replace(ALL_HIDDEN, "").normalize("NFC");
}
