import { endOfString, parseExact } from "./exact-json.js";

/** Call up to the quote of the text that it streams; nothing in it can match in two ways, so it takes linear time. */
const CALL = /self\.__pace_f\.push\(\s*\[\s*1\s*,\s*(?=")/g;
/** Beginning of a row: its number. */
const ROW = /^[0-9a-f]{1,8}:/;
/** Most that is parsed of rows in pieces, in lengths of the page; a bound for pages that never end one. */
const MOST_PARSED = 8;
/** Most rows that may be open at once: one whose end is lost, and a piece that only looks like a beginning, hide no other. */
const MOST_OPEN = 3;

/**
 * Yields the objects and arrays that a page streams as its state, in order: each call brings a row `<hex>:<json>`, or a piece of one that goes
 * on in the next (facts/videos.md 2.3). Rows that stay damaged are passed over. Whole numbers of 16 digits and more are strings.
 * @param page the page's HTML, or the texts of its scripts one after another
 */
export function* streamedState(page: string): Generator<object> {
  let open: readonly string[] = [];
  let left = MOST_PARSED * page.length;
  const together = (beginning: string, chunk: string): object | null => {
    if (left <= 0 || !mayEnd(chunk)) return null;
    left -= beginning.length + chunk.length;
    return rowIn(beginning + chunk);
  };
  for (const chunk of chunksOf(page)) {
    let row: object | null = null;
    for (const beginning of open) row ??= together(beginning, chunk);
    row ??= rowIn(chunk);
    if (row !== null) yield row;
    // A whole row, and the end of a line, leave nothing open.
    if (row !== null || chunk.endsWith("\n")) open = [];
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

function rowIn(text: string): object | null {
  const head = mayEnd(text) ? ROW.exec(text)?.[0] : undefined;
  if (head === undefined) return null;
  const value = parsed(text.slice(head.length), parseExact);
  return typeof value === "object" ? value : null;
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
