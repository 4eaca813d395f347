import type { Session } from "../store/rooms.js";
import type { Statistics } from "../store/sql/statistics.js";
import { addTotals, emptyTotals, eventsOf, type Minute, type Totals } from "../store/statistics.js";
import { knownDiamonds } from "./summary.js";

const MINUTE_MS = 60_000;
/** Minutes that are read at once. */
const STEP = 1_000;
/** Most broadcasts that are compared: more lines of a chart cannot be distinguished. */
export const COMPARED_MAX = 4;

/** Minute of several broadcasts, counted from the one in which each was first seen, which is 0. */
interface ComparedMinute {
  readonly minute: number;
  /** Sums of each broadcast, in their order; null where it had ended, or is not there yet, or nothing of it was counted. */
  readonly totals: readonly (Totals | null)[];
}

/** Returns what is shown of a broadcast in a minute. */
export function comparedValues(totals: Totals) {
  const { types, units, online } = totals;
  return { chats: types.chat ?? 0, joins: types.join ?? 0, units, diamonds: knownDiamonds(totals), online: online?.value ?? null };
}

/**
 * Aligns broadcasts by minutes since each began.
 * What came of times before its first minute counts in that, and of times after its last one in the last: clocks differ.
 * @param from first minute that is returned
 * @returns the minutes, and whether there are more
 */
export async function comparedMinutes(
  statistics: Pick<Statistics, "sessions" | "minutes">,
  sessions: readonly Session[],
  from: number,
  limit: number,
): Promise<{ readonly minutes: readonly ComparedMinute[]; readonly more: boolean }> {
  const parts = await Promise.all(sessions.map((session) => minutesOf(statistics, session, from, limit)));
  const length = Math.max(...parts.map((part) => part.length));
  const until = Math.min(length, from + limit);
  const minutes = Array.from({ length: Math.max(0, until - from) }, (_, at) => {
    const minute = from + at;
    const totalsOf = ({ isCounted, length: own, totals }: (typeof parts)[number]) =>
      isCounted && minute < own ? (totals.get(minute) ?? emptyTotals()) : null;
    return { minute, totals: parts.map(totalsOf) };
  });
  return { minutes, more: until < length };
}

/** Returns the minutes of a broadcast that lie in a window, how many it has, and whether anything of it was counted. */
async function minutesOf(
  statistics: Pick<Statistics, "sessions" | "minutes">,
  { room, sessionId, openedAt, endedAt }: Session,
  from: number,
  limit: number,
): Promise<{ readonly isCounted: boolean; readonly length: number; readonly totals: ReadonlyMap<number, Totals> }> {
  const counted = (await statistics.sessions(room, [sessionId])).get(sessionId);
  const isCounted = counted !== undefined && eventsOf(counted.totals) > 0;
  const start = Math.floor(openedAt / MINUTE_MS);
  const last = Math.max(0, Math.floor((endedAt ?? counted?.totals.lastAt ?? openedAt) / MINUTE_MS) - start);
  const totals = new Map<number, Totals>();
  if (from > last) return { isCounted, length: last + 1, totals };
  const isLast = from + limit > last;
  let after = from === 0 ? Number.MIN_SAFE_INTEGER : start + from - 1;
  for (let page: readonly Minute[] | null = null; page === null || page.length === STEP; ) {
    page = await statistics.minutes(room, sessionId, after, STEP);
    for (const { minute, totals: sums } of page) {
      const at = Math.min(last, Math.max(0, minute - start));
      if (at >= from + limit) return { isCounted, length: last + 1, totals };
      const known = totals.get(at);
      if (known === undefined) totals.set(at, sums);
      else addTotals(known, sums);
      after = minute;
    }
    // What comes after the last minute counts in it, wherever it is.
    if (!isLast && after >= start + from + limit - 1) break;
  }
  return { isCounted, length: last + 1, totals };
}
