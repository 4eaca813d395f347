import { endOfString, parseExact, partsIn } from "./exact-json.js";

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
