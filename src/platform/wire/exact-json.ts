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
function endOfString(text: string, open: number): number {
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

/** Call up to the quote of the text that it streams; nothing in it can match in two ways, so it takes linear time. */
const CALL = /self\.__pace_f\.push\(\s*\[\s*1\s*,\s*(?=")/g;
/** Beginning of a row: its number. */
const ROW = /^([0-9a-f]{1,8}):/;
/** Most work of parsing the rows of a page, in characters: that of a real page is some four millions. More would hold a slow machine for over 250 ms. */
const MOST_WORK = 8_000_000;
/** Most of that in vain, for rows in pieces; a bound for pages that never end one. */
const MOST_IN_PIECES = 6_000_000;
/** A list or an object is as much work as so many characters. */
const WORK_OF_A_PART = 30;
/** Most rows that may be open at once: one whose end is lost, and a piece that only looks like a beginning, hide no other. */
const MOST_OPEN = 3;

/**
 * Yields the objects and arrays that a page streams as its state, in order: each call brings a row `<hex>:<json>`, or a piece of one that goes
 * on in the next (facts/videos.md 2.3). Rows that stay damaged are passed over. Whole numbers of 16 digits and more are strings.
 * @param page the page's HTML, or the texts of its scripts one after another
 */
export function* streamedState(page: string): Generator<object> {
  for (const [, value] of streamedRows(page)) yield value;
}

/** Yields the same rows with their numbers, by which other rows refer to them (`"$13"`). */
export function* streamedRows(page: string): Generator<readonly [id: string, value: object]> {
  let open: readonly string[] = [];
  const left = { rows: MOST_WORK, pieces: MOST_IN_PIECES };
  // Two texts, for to look into them joined copies both: once nothing is left that would be done for every piece to come.
  const rowIn = (beginning: string, chunk: string, of: keyof typeof left): readonly [string, object] | null => {
    if (left[of] <= 0) return null;
    const text = beginning + chunk;
    const [head, id] = ROW.exec(text) ?? [];
    if (head === undefined || id === undefined) return null;
    left[of] -= text.length + WORK_OF_A_PART * partsIn(text);
    const value = left[of] < 0 ? null : parsed(text.slice(head.length), parseExact);
    return typeof value === "object" && value !== null ? [id, value] : null;
  };
  for (const chunk of chunksOf(page)) {
    let found: readonly [string, object] | null = null;
    if (mayEnd(chunk)) {
      for (const beginning of open) found ??= rowIn(beginning, chunk, "pieces");
      found ??= rowIn("", chunk, "rows");
    }
    if (found !== null) yield found;
    // A whole row, and the end of a line, leave nothing open.
    if (found !== null || chunk.endsWith("\n")) open = [];
    else open = [...open.map((beginning) => beginning + chunk), ...(ROW.test(chunk) ? [chunk] : [])].slice(-MOST_OPEN);
  }
}

function* chunksOf(page: string): Generator<string> {
  for (const call of page.matchAll(CALL)) {
    const open = call.index + call[0].length;
    const close = endOfString(page, open);
    if (close === -1) return;
    const chunk = parsed(page.slice(open, close + 1), JSON.parse);
    if (typeof chunk === "string") yield chunk;
  }
}

/** Returns whether a text may be the end of an object or an array: most pieces of one are not. */
function mayEnd(text: string): boolean {
  return /[\]}]\s{0,2}$/.test(text.slice(-3));
}

function parsed(json: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(json);
  } catch {
    return null; // one damaged chunk does not hide the others
  }
}
