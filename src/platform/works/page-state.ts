import type { Work } from "../../works/model/work.js";
import { at } from "../wire/exact-json.js";
import { streamedState } from "../wire/streamed-state.js";
import { fieldOf } from "./field.js";
import { incompleteness, type ReadContext, workOf } from "./work.js";

/** Longest page that is looked through, in UTF-16 units. */
const LONGEST_PAGE = 16 * 1024 * 1024;
/** Most objects and arrays looked at in one row of the state, and how deep (facts/videos.md 2.3). */
const MOST_NODES = 25_000;
const DEEPEST = 32;

/**
 * Finds a work in the state that a page streams; null when it is not there, or not whole, which says nothing about the work.
 * @param page the page's HTML, or the texts of its scripts one after another
 */
export function readPageState(page: string, workId: string, context: ReadContext): Work | null {
  if (page.length > LONGEST_PAGE) return null;
  for (const row of streamedState(page)) {
    for (const node of nodesOf(row)) {
      const work = workIn(node, workId, context);
      if (work !== null && incompleteness(work) === null) return work;
    }
  }
  return null;
}

/** Yields the objects and arrays of a value, those further out first. */
function* nodesOf(value: object): Generator<object> {
  let level = [value];
  let left = MOST_NODES;
  for (let depth = 0; depth < DEEPEST && level.length > 0; depth++) {
    const next: object[] = [];
    for (const node of level) {
      yield node;
      for (const child of Object.values(node)) {
        if (typeof child !== "object" || child === null) continue;
        if (--left <= 0) break;
        next.push(child);
      }
    }
    level = next;
  }
}

/** Reads a node that is the asked work, or that names it and holds it as `aweme.detail`. */
function workIn(node: object, workId: string, context: ReadContext): Work | null {
  if (at(node, "awemeId") !== workId) return null;
  const inside = at(at(node, "aweme"), "detail");
  const aweme = inside ?? node;
  if (fieldOf(aweme, "video") === undefined && fieldOf(aweme, "images") === undefined) return null;
  const work = workOf(aweme, "page", context);
  return work?.id === workId ? work : null;
}
