import type { RoomKey } from "../log.js";
import type { Counted, SessionDelta, SessionKey } from "../statistics.js";
import { addTotals, emptyTotals, totalsOf, totalsText } from "../totals.js";
import type { PostgresSession } from "./session.js";
import { addDelta } from "./statistics-add.js";

/** Rows of a broadcast that was reset that one call deletes: some milliseconds. */
const SWEEP_ROWS = 2000;
const PARTS = ["minutes", "people", "gifts", "combos", "words"] as const;

/** Implements `Statistics.commit`. Call it inside a write transaction, as everything here. */
export async function commitCounted(session: PostgresSession, { task, scanned, removed, delta }: Counted): Promise<boolean> {
  const { room, sessionId, after, version } = task;
  const at = await lockRoom(session, room);
  if (at.version !== version) return false;
  if (sessionId === null) {
    if (at.counted !== after) return false;
    if (removed !== undefined) await markNewest(session, room);
    for (const [key, part] of delta) await add(session, room, key, part, removed !== undefined);
    await session.run("UPDATE statistics_rooms SET counted = $2 WHERE room = $1", room, scanned);
    return true;
  }
  const known = await session.row<{ n: number; back: number }>(
    "SELECT n, back FROM statistics_sessions WHERE room = $1 AND session_id = $2",
    room,
    sessionId,
  );
  if (known === undefined || known.back !== after) return false;
  const part = delta.get(sessionId);
  if (part !== undefined) await add(session, room, sessionId, part, false);
  const partial = removed !== undefined && removed[0] <= task.until;
  await session.run(
    "UPDATE statistics_sessions SET back = $2, partial = partial OR $3 WHERE n = $1",
    known.n,
    Math.min(scanned, task.until),
    partial,
  );
  return true;
}

/** Forgets a broadcast; what is kept of it up to where the room is counted will be counted again, and seqs from `from` to `to` with it. */
export async function resetSession(
  session: PostgresSession,
  room: RoomKey,
  sessionId: SessionKey,
  from = Number.MAX_SAFE_INTEGER,
  to = 0,
): Promise<void> {
  const { counted } = await lockRoom(session, room);
  const known = await session.row<{ n: number; first: number; last: number }>(
    "DELETE FROM statistics_sessions WHERE room = $1 AND session_id = $2 RETURNING n, first_seq AS first, last_seq AS last",
    room,
    sessionId,
  );
  if (known !== undefined) await session.run("INSERT INTO statistics_dead(n, room) VALUES ($1, $2)", known.n, room);
  const first = Math.min(known?.first ?? Number.MAX_SAFE_INTEGER, from);
  const until = Math.min(Math.max(known?.last ?? 0, to), counted);
  if (first <= until) await makeSession(session, room, sessionId, first, until, true);
  await session.run("UPDATE statistics_rooms SET version = version + 1 WHERE room = $1", room);
  await session.run("DELETE FROM statistics_stale WHERE room = $1 AND session_id = $2", room, sessionId);
}

/** Resets the broadcasts of which events were replaced. */
export async function resetStale(session: PostgresSession, room: RoomKey): Promise<void> {
  await lockRoom(session, room);
  // Taken away before they are looked at: what is replaced meanwhile makes a row anew.
  const stale = await session.rows<{ sessionId: string; from: number; to: number }>(
    `DELETE FROM statistics_stale WHERE room = $1 RETURNING session_id AS "sessionId", from_seq AS "from", to_seq AS "to"`,
    room,
  );
  for (const { sessionId, from, to } of stale) await resetSession(session, room, sessionId, from, to);
}

/** Implements `Statistics.expire`. */
export async function expireSession(session: PostgresSession, room: RoomKey, before: number): Promise<boolean> {
  await lockRoom(session, room);
  const gone = await session.row<{ n: number }>(
    `DELETE FROM statistics_sessions WHERE n = (SELECT n FROM statistics_sessions
       WHERE room = $1 AND back >= until AND (tally::json ->> 'lastAt')::bigint < $2 ORDER BY n LIMIT 1) RETURNING n`,
    room,
    before,
  );
  if (gone === undefined) return false;
  await session.run("INSERT INTO statistics_dead(n, room) VALUES ($1, $2)", gone.n, room);
  await session.run("UPDATE statistics_rooms SET version = version + 1 WHERE room = $1", room);
  return true;
}

/** Deletes some rows of a broadcast that was reset. @returns whether there may be more */
export async function sweepDead(session: PostgresSession, room: RoomKey): Promise<boolean> {
  const dead = await session.row<{ n: number }>(
    "SELECT n FROM statistics_dead WHERE room = $1 ORDER BY n LIMIT 1 FOR UPDATE SKIP LOCKED",
    room,
  );
  if (dead === undefined) return false;
  for (const part of PARTS) {
    const table = `statistics_${part}`;
    const sql = `DELETE FROM ${table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM ${table} WHERE n = $1 LIMIT $2))`;
    if ((await session.run(sql, dead.n, SWEEP_ROWS)) > 0) return true;
  }
  await session.run("DELETE FROM statistics_dead WHERE n = $1", dead.n);
  return true;
}

/** Locks the room's row: others that count or reset something of the room wait. */
async function lockRoom(session: PostgresSession, room: RoomKey): Promise<{ readonly counted: number; readonly version: number }> {
  const row = await session.row<{ counted: number; version: number }>(
    `INSERT INTO statistics_rooms(room) VALUES ($1) ON CONFLICT (room) DO UPDATE SET room = excluded.room RETURNING counted, version`,
    room,
  );
  return row ?? { counted: 0, version: 0 };
}

async function markNewest(session: PostgresSession, room: RoomKey): Promise<void> {
  await session.run(
    `UPDATE statistics_sessions SET partial = true
     WHERE n = (SELECT n FROM statistics_sessions WHERE room = $1 ORDER BY last_seq DESC LIMIT 1)`,
    room,
  );
}

async function add(session: PostgresSession, room: RoomKey, sessionId: SessionKey, delta: SessionDelta, partial: boolean): Promise<void> {
  const sql = "SELECT n, tally FROM statistics_sessions WHERE room = $1 AND session_id = $2";
  const known = await session.row<{ n: number; tally: string }>(sql, room, sessionId);
  const n = known?.n ?? (await makeSession(session, room, sessionId, delta.firstSeq, delta.lastSeq, false));
  const fresh = await addDelta(session, n, delta);
  const totals = known === undefined ? emptyTotals() : totalsOf(known.tally);
  addTotals(totals, delta.totals);
  await session.run(
    `UPDATE statistics_sessions SET first_seq = least(first_seq, $2), last_seq = greatest(last_seq, $3), combos = combos + $4,
       settled = settled + $5, people = people + $6, chatters = chatters + $7, gifters = gifters + $8, tally = $9, partial = partial OR $10
     WHERE n = $1`,
    n,
    delta.firstSeq,
    delta.lastSeq,
    ...[fresh.combos, fresh.settled, fresh.people, fresh.chatters, fresh.gifters],
    totalsText(totals),
    partial,
  );
}

/** Makes a broadcast's row. @param again whether its events are still to be counted, all of them */
async function makeSession(
  session: PostgresSession,
  room: RoomKey,
  sessionId: SessionKey,
  first: number,
  last: number,
  again: boolean,
): Promise<number> {
  const row = await session.row<{ n: number }>(
    `INSERT INTO statistics_sessions(room, session_id, first_seq, last_seq, back, until, tally) VALUES ($1, $2, $3, $4, $5, $6, $7)
     RETURNING n`,
    ...[room, sessionId, first, last, again ? first - 1 : 0, again ? last : 0, totalsText(emptyTotals())],
  );
  return row?.n ?? 0;
}
