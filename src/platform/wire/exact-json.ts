/** As many digits as a whole number may have that is more than a JS number holds. */
const MANY_DIGITS = /\d{16}/;
/** A whole number of that many digits; not a part of one with a fraction or an exponent, and nothing that JSON has no place for. */
const LONG_NUMBER = /(?<![\d.eE+-])-?[1-9]\d{15,}(?![\d.eE]|\s*:)/g;

/** Most lists and objects of a text that is parsed: each takes as long as some thirty characters. The largest real replies have far fewer. */
export const MOST_PARTS = 150_000;

/** Counts what begins a list or an object in a JSON text, also in its strings. */
export function partsIn(json: string): number {
  let parts = 0;
  for (let i = 0; i < json.length; i++) {
    const unit = json.charCodeAt(i);
    if (unit === 0x5b || unit === 0x7b) parts++;
  }
  return parts;
}

/** Parses JSON of a bounded number of lists and objects. @throws SyntaxError when it has more, or the text is not JSON */
export function parseBounded(text: string): unknown {
  return JSON.parse(bounded(text));
}

/** Error of a text that has more in it than is parsed. */
export class TooManyParts extends SyntaxError {
  constructor() {
    super(`more than ${MOST_PARTS} lists and objects, or long numbers`);
  }
}

function bounded(text: string): string {
  if (text.length > MOST_PARTS && partsIn(text) > MOST_PARTS) throw new TooManyParts();
  return text;
}

/**
 * Parses JSON whose ids may be bare integers beyond 2^53, as the Open Platform's room_id is (facts/official-push.md A1): whole numbers of 16
 * digits and more become strings of just these digits, everything else is as `JSON.parse` has it.
 * @throws SyntaxError when the text is not JSON, or has more than {@link MOST_PARTS} lists and objects or so many such numbers
 */
export function parseExact(text: string): unknown {
  return JSON.parse(MANY_DIGITS.test(bounded(text)) ? withLongNumbersQuoted(text) : text);
}

/** Puts long numbers into quotes. A text that is not JSON does not become so. */
function withLongNumbersQuoted(json: string): string {
  // The last string that begins before the number: what is in strings stays as it is.
  let open = json.indexOf('"');
  let close = -1;
  let numbers = 0;
  return json.replace(LONG_NUMBER, (digits, at: number) => {
    while (open !== -1 && open < at) {
      close = endOfString(json, open);
      if (close === -1) close = json.length;
      open = json.indexOf('"', close + 1);
    }
    if (at < close) return digits;
    if (++numbers > MOST_PARTS) throw new TooManyParts();
    return `"${digits}"`;
  });
}

/**
 * Finds the quote that ends the JSON string opened at `open`; -1 where there is none. A scan, as a regular expression may run out of stack on
 * a text of 1 MB.
 */
export function endOfString(text: string, open: number): number {
  for (let i = text.indexOf('"', open + 1); i !== -1; i = text.indexOf('"', i + 1)) {
    let escapes = 0;
    while (text[i - 1 - escapes] === "\\") escapes++;
    if (escapes % 2 === 0) return i;
  }
  return -1;
}

/** Returns a property of an unknown value; null counts as absent. */
export function at(value: unknown, key: string | number): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string | number, unknown>)[key] ?? undefined;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN = new Set([0x5b, 0x7b]);
const CLOSE = new Set([0x5d, 0x7d]);

/**
 * Returns the elements of a JSON array, each as exactly the bytes that were sent, blanks around it included.
 * @param json bytes that are known to be a JSON array with one element at least
 */
export function elementsOf(json: Uint8Array): Uint8Array[] {
  const elements: Uint8Array[] = [];
  let depth = 0;
  let inString = false;
  let start = 0;
  // Bytes below 0x80 are never part of another character in UTF-8, so no decoding is needed.
  for (let i = 0; i < json.length; i++) {
    const byte = json[i] as number;
    if (inString) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (OPEN.has(byte)) {
      depth++;
      if (depth === 1) start = i + 1;
    } else if (CLOSE.has(byte)) {
      depth--;
      if (depth === 0) elements.push(json.subarray(start, i));
    } else if (byte === COMMA && depth === 1) {
      elements.push(json.subarray(start, i));
      start = i + 1;
    }
  }
  return elements;
}
