/** Mark that begins an escape: a control character that no text of the platform holds, so that hardly any text is changed. */
const MARK = "\u001a";
/** Characters that a text of PostgreSQL cannot hold (NUL, and halves of surrogate pairs), and the mark itself. */
const ESCAPED = /[\u0000\u001a\ud800-\udfff]/u;
const ALL_ESCAPED = /[\u0000\u001a\ud800-\udfff]/gu;
const ESCAPES = /\u001a([0-9a-f]{4})/g;

/**
 * Returns a text as the database can keep it. Two different texts are never stored alike, and the beginning of a text is the beginning of
 * what is stored.
 */
export function storedText(text: string): string {
  if (!ESCAPED.test(text)) return text;
  return text.replace(ALL_ESCAPED, (sign) => MARK + sign.charCodeAt(0).toString(16).padStart(4, "0"));
}

/** Returns the text of a {@link storedText}. */
export function givenText(stored: string): string {
  if (!stored.includes(MARK)) return stored;
  return stored.replace(ESCAPES, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
