/** Digits from which on a whole number may be more than a JS number holds. */
const MANY = 16;
const MANY_DIGITS = /\d{16}/;
/** A whole number of that many digits; not a part of one with a fraction or an exponent. */
const LONG_NUMBER = /(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g;

/** Most lists and objects of a text that is parsed: each takes as long as some thirty characters. The largest real replies have far fewer. */
export const MOST_PARTS = 300_000;

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
  if (text.length > MOST_PARTS && partsIn(text) > MOST_PARTS) throw new SyntaxError(`more than ${MOST_PARTS} lists and objects`);
  return JSON.parse(text);
}

/**
 * Parses JSON whose ids may be bare integers beyond 2^53, as the Open Platform's room_id is (facts/official-push.md A1): whole numbers of 16
 * digits and more become strings of just these digits, everything else is as `JSON.parse` has it.
 * @throws SyntaxError when the text is not JSON, or has more than {@link MOST_PARTS} lists and objects
 */
export function parseExact(text: string): unknown {
  const parsed = parseBounded(text);
  if (!MANY_DIGITS.test(text)) return parsed;
  const quoted = withLongNumbersQuoted(text);
  return quoted === text ? parsed : JSON.parse(quoted);
}

/** Puts long numbers into quotes. @param json a text that is known to be JSON */
function withLongNumbersQuoted(json: string): string {
  let out = "";
  let done = 0;
  for (let at = 0; at < json.length; ) {
    // Numbers stand between strings; what is in strings is passed over.
    const quote = json.indexOf('"', at);
    const end = quote === -1 ? json.length : quote;
    if (end - at >= MANY) {
      out += json.slice(done, at) + json.slice(at, end).replace(LONG_NUMBER, '"$&"');
      done = end;
    }
    at = quote === -1 ? end : endOfString(json, quote) + 1;
  }
  return done === 0 ? json : out + json.slice(done);
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
