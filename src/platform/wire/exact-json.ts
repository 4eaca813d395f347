// A string or a number of JSON; strings are matched so that digits inside of them are passed over.
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const TOO_LONG = /^-?\d{16,}$/;
const MANY_DIGITS = /\d{16}/;

/**
 * Parses JSON whose ids may be bare integers beyond 2^53, as the Open Platform's room_id is (facts/official-push.md A1): whole numbers of 16
 * digits and more become strings of just these digits, everything else is as `JSON.parse` has it.
 * @throws SyntaxError when the text is not JSON
 */
export function parseExact(text: string): unknown {
  // First, since TOKEN is fast on JSON only: from each quote on it looks for the end of the string, and of a broken text that is all of it.
  const parsed: unknown = JSON.parse(text);
  if (!MANY_DIGITS.test(text)) return parsed;
  return JSON.parse(text.replace(TOKEN, (token) => (TOO_LONG.test(token) ? `"${token}"` : token)));
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
