import type { RoomKey } from "../log.js";
import { addRemoval, type Removal } from "../page.js";
import type { SessionKey } from "../statistics.js";
import { type Dialect, rows, run, type Work } from "./work.js";

/**
 * Marks the statistics of broadcasts of which an event was or is: what they have counted is no longer so. In the transaction that replaces
 * the event, so that none is missed.
 */
export function* markStale({ least, greatest }: Dialect, room: RoomKey, sessionIds: Iterable<SessionKey>, seq: number): Work<void> {
  const table = "statistics_stale";
  for (const sessionId of [...new Set(sessionIds)].sort())
    yield* run(
      `INSERT INTO ${table}(room, session_id, from_seq, to_seq) VALUES ($1, $2, $3, $3) ON CONFLICT (room, session_id) DO UPDATE SET
         from_seq = ${least}(${table}.from_seq, excluded.from_seq), to_seq = ${greatest}(${table}.to_seq, excluded.to_seq)`,
      ...[room, sessionId, seq],
    );
}

/** Records that a range was removed; ranges that touch become one. */
export function* recordRemoval({ lock }: Dialect, room: RoomKey, range: Removal, reason: string): Work<void> {
  yield* lock("remove");
  const near = yield* rows<Removal>(
    `DELETE FROM removals WHERE room = $1 AND from_seq <= $2 AND to_seq >= $3 RETURNING from_seq AS "from", to_seq AS "to"`,
    ...[room, range.to + 1, range.from - 1],
  );
  for (const { from, to } of addRemoval(near, range))
    yield* run("INSERT INTO removals(room, from_seq, to_seq, reason) VALUES ($1, $2, $3, $4)", room, from, to, reason);
}
