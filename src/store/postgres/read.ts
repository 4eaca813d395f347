import type { Page, RoomKey, Where } from "../log.js";
import { type Plan, pageOf, planBackward, planForward, type Removal } from "../page.js";
import type { Value } from "../sql/work.js";
import { StoredEvent } from "../stored-event.js";
import type { PostgresSession } from "./session.js";

/** Facts that a page is planned by. Days as [day, first seq, last seq], removals as [first seq, last seq]. */
interface ReadLook {
  readonly head: number;
  readonly removals: readonly (readonly [number, number])[];
  readonly days: readonly (readonly [number, number, number])[];
}
type EventColumns = ConstructorParameters<typeof StoredEvent>[1] & { readonly seq: number };

/** SQL condition that names the events' table, so that no day can be dropped before the transaction ends. */
const HOLD_DAYS = "NOT EXISTS (SELECT FROM events WHERE false)";

const look = (removals: string, days: string) => `SELECT h.head,
    (SELECT coalesce(json_agg(json_build_array(r.from_seq, r.to_seq)), '[]') FROM (${removals} LIMIT 2) r) AS removals,
    (SELECT coalesce(json_agg(json_build_array(d.day, d.min_seq, d.max_seq)), '[]') FROM room_days d WHERE d.room = h.room AND ${days}) AS days
  FROM heads h WHERE h.room = $1 AND ${HOLD_DAYS}`;
const LOOK_AFTER = look("SELECT from_seq, to_seq FROM removals WHERE room = $1 AND to_seq > $2 ORDER BY from_seq", "d.max_seq > $2");
const LOOK_BEFORE = look(
  "SELECT from_seq, to_seq FROM removals WHERE room = $1 AND from_seq < $2 ORDER BY from_seq DESC",
  "d.min_seq < $2",
);

/**
 * Returns a page of events after a seq. Call it inside a transaction on one snapshot, so that head, removals and events are of one moment.
 */
export async function readAfter(session: PostgresSession, room: RoomKey, after: number, limit: number, where: Where): Promise<Page> {
  const found = await session.row<ReadLook>(LOOK_AFTER, room, after);
  if (found === undefined) return pageOf([], 0, 0);
  const plan = planForward(after, found.head, found.removals.map(removalOf));
  const rows = await rowsOf(session, room, plan, found, limit, where, "ASC");
  return pageOf(rows, rows.length >= limit ? (rows.at(-1)?.seq ?? plan.from - 1) : plan.to, found.head, plan);
}

/** Returns a page as {@link readAfter} does, of the newest events before a seq. */
export async function readBefore(session: PostgresSession, room: RoomKey, before: number, limit: number, where: Where): Promise<Page> {
  const found = await session.row<ReadLook>(LOOK_BEFORE, room, before);
  if (found === undefined) return pageOf([], 1, 0);
  const plan = planBackward(before, found.head, found.removals.map(removalOf));
  const rows = (await rowsOf(session, room, plan, found, limit, where, "DESC")).toReversed();
  return pageOf(rows, rows.length >= limit ? (rows[0]?.seq ?? plan.to + 1) : plan.from, found.head, plan);
}

/** Returns the days that may hold seqs of a range. */
function daysIn(days: ReadLook["days"], from: number, to: number): readonly number[] {
  return days.filter(([, min, max]) => max >= from && min <= to).map(([day]) => day);
}

async function rowsOf(
  session: PostgresSession,
  room: RoomKey,
  { from, to }: Plan,
  { days }: ReadLook,
  limit: number,
  { types, sessionId, userId, minDiamonds }: Where,
  order: "ASC" | "DESC",
): Promise<readonly StoredEvent[]> {
  if (to < from || limit <= 0) return [];
  const values: Value[] = [daysIn(days, from, to), room, from, to, limit];
  const terms = ["day = ANY($1::integer[])", "room = $2", "seq BETWEEN $3 AND $4"];
  const add = (term: (name: string) => string, value: Value | undefined) => {
    if (value !== undefined) terms.push(term(`$${values.push(value)}`));
  };
  add((name) => `type = ANY(${name}::text[])`, types);
  add((name) => `session_id = ${name}`, sessionId);
  add((name) => `user_id = ${name}`, userId);
  add((name) => `diamonds >= ${name}`, minDiamonds);
  // Planned with the values at hand: only the tables of these days are looked at, even for their existence.
  const rows = await session.rows<EventColumns>(
    `SELECT seq, type, session_id AS "sessionId", user_id AS "userId", diamonds, body FROM events
     WHERE ${terms.join(" AND ")} ORDER BY seq ${order} LIMIT $5`,
    ...values,
  );
  return rows.map((row) => new StoredEvent(row.seq, row));
}

function removalOf([from, to]: readonly [number, number]): Removal {
  return { from, to };
}
