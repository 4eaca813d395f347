import type { LogPage, Page, Removal, RoomRemoval, Where } from "./log.js";
import type { Row, StoredEvent } from "./stored-event.js";

/** Most rows that one call looks at, so that a condition which matches nothing cannot hold up everybody else (20 000 rows: ~5 ms). */
export const SCAN_LIMIT = 20_000;

/**
 * Most bytes of the texts of a page, beside its last event: as many as the frame of one reply of the platform may inflate to
 * (`platform/wire/frame`), of which an event can take a quarter. So no page of hundreds of the largest is held.
 */
export const PAGE_BYTES = 4 * 1024 * 1024;

/** Plan of a page. Between `from` and `to`, both included, every seq is kept; nothing is looked at when `to < from`. */
export interface Plan {
  readonly from: number;
  readonly to: number;
  readonly removed?: readonly [from: number, to: number];
}

/** Returns the page that was read by a plan. */
export function pageOf(
  rows: readonly StoredEvent[],
  { scanned, head, pos }: Pick<Page, "scanned" | "head" | "pos">,
  { removed }: Pick<Plan, "removed"> = {},
): Page {
  return {
    rows,
    get events() {
      return rows.map(({ event }) => event);
    },
    scanned,
    head,
    pos,
    ...(removed !== undefined && { removed }),
  };
}

/** Returns a page of the whole log. */
export function logPageOf(rows: readonly StoredEvent[], scanned: number, head: number, removed: readonly RoomRemoval[] = []): LogPage {
  return {
    rows,
    get events() {
      return rows.map(({ event }) => event);
    },
    scanned,
    head,
    removed,
  };
}

/**
 * Returns the plan of a page forward. A page passes over at most one removed range, and only at its start, so that none is passed
 * unreported.
 *
 * @param removals the first two that reach beyond `after`, lowest first; no two overlap or touch
 */
export function planForward(after: number, head: number, removals: readonly Removal[]): Plan {
  const cursor = Math.min(Math.max(after, 0), head);
  const [first, second] = removals;
  const inside = first !== undefined && first.from <= cursor + 1;
  const start = inside ? first.to : cursor;
  const next = inside ? second : first;
  const to = Math.min(head, start + SCAN_LIMIT, next === undefined ? head : next.from - 1);
  return { from: start + 1, to, ...(inside && { removed: [cursor + 1, first.to] as const }) };
}

/**
 * Returns the plan of a page backward; see {@link planForward}.
 *
 * @param removals the last two that begin before `before`, highest first
 */
export function planBackward(before: number, head: number, removals: readonly Removal[]): Plan {
  const cursor = Math.min(Math.max(before, 1), head + 1);
  const [first, second] = removals;
  const inside = first !== undefined && first.to >= cursor - 1;
  const end = inside ? first.from : cursor;
  const next = inside ? second : first;
  const from = Math.max(1, end - SCAN_LIMIT, next === undefined ? 1 : next.to + 1);
  return { from, to: end - 1, ...(inside && { removed: [first.from, cursor - 1] as const }) };
}

/** Returns whether a row fulfils every given condition but that of its room. */
export function matches(row: Pick<Row, "type" | "sessionId" | "userId" | "diamonds" | "isTest">, where: Where): boolean {
  if (where.types !== undefined && !where.types.includes(row.type)) return false;
  if (where.sessionId !== undefined && where.sessionId !== row.sessionId) return false;
  if (where.userId !== undefined && where.userId !== row.userId) return false;
  if (where.tests === false && row.isTest) return false;
  return where.minDiamonds === undefined || (row.diamonds !== null && row.diamonds >= where.minDiamonds);
}
