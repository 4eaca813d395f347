import { parseExact } from "./exact-json.js";

/** Call up to the quote of the text that it streams; nothing in it can match in two ways, so it takes linear time. */
const CALL = /self\.__pace_f\.push\(\s*\[\s*1\s*,\s*(?=")/g;
/** Beginning of a row: its number. */
const ROW = /^[0-9a-f]{1,8}:/;
/** Most calls that one row is put together from; a bound for pages that never end one. */
const MOST_PIECES = 32;

/**
 * Yields the objects and arrays that a page streams as its state, in order: each call brings a row `<hex>:<json>`, or a piece of one that goes
 * on in the next (facts/videos.md 2.3). Rows that stay damaged are passed over. Whole numbers of 16 digits and more are strings.
 * @param page the page's HTML, or the texts of its scripts one after another
 */
export function* streamedState(page: string): Generator<object> {
  let open = "";
  let pieces = 0;
  for (const chunk of chunksOf(page)) {
    const row = (open === "" ? null : rowIn(open + chunk)) ?? rowIn(chunk);
    if (row !== null) yield row;
    const goesOn = row === null && !chunk.endsWith("\n");
    if (goesOn && open !== "" && pieces < MOST_PIECES) {
      open += chunk;
      pieces++;
    } else {
      open = goesOn && ROW.test(chunk) ? chunk : "";
      pieces = 1;
    }
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

/** Finds the quote that ends the JSON string opened at `open`. A scan, as a regular expression may run out of stack on a page of 1 MB. */
function endOfString(page: string, open: number): number {
  for (let i = page.indexOf('"', open + 1); i !== -1; i = page.indexOf('"', i + 1)) {
    let escapes = 0;
    while (page[i - 1 - escapes] === "\\") escapes++;
    if (escapes % 2 === 0) return i;
  }
  return -1;
}

function rowIn(text: string): object | null {
  const head = ROW.exec(text)?.[0];
  // Looked at first, since a row in pieces is tried again with each of them.
  if (head === undefined || !/[\]}]\s{0,2}$/.test(text.slice(-3))) return null;
  const value = parsed(text.slice(head.length), parseExact);
  return typeof value === "object" ? value : null;
}

function parsed(json: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(json);
  } catch {
    return null; // one damaged chunk does not hide the others
  }
}
