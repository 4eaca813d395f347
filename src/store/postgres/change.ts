import type { LiveEvent } from "../../events/event.js";
import { DyliveError } from "../../runtime/errors.js";
import type { RoomKey } from "../log.js";
import type { Removal } from "../page.js";
import { mayReplace, rowOf } from "../row.js";
import { markStale, recordRemoval } from "../sql/change.js";
import { daysOf } from "./days.js";
import { POSTGRES } from "./driver.js";
import { lockIndex, reindex, unindex } from "./search-write.js";
import type { PostgresSession } from "./session.js";

interface ChangedEvent {
  readonly seq: number;
  readonly day: number;
  readonly bytes: number;
  id: string;
  revision: number;
  session: string | null;
}

/** Replaces events that are kept. Call it inside a write transaction, as everything here. */
export async function replaceEvents(session: PostgresSession, room: RoomKey, events: readonly LiveEvent[]): Promise<void> {
  if (events.length === 0) return;
  const indexed = await lockIndex(session, room);
  const seqs = events.map(({ seq }) => seq);
  const days = await daysOf(session, room, { from: Math.min(...seqs), to: Math.max(...seqs) });
  const found = await session.rows<ChangedEvent>(
    `SELECT seq, day, octet_length(body) AS bytes, id, revision, session_id AS session FROM events
     WHERE day = ANY($1::integer[]) AND room = $2 AND seq = ANY($3::bigint[]) ORDER BY seq FOR UPDATE`,
    days,
    room,
    seqs,
  );
  const kept = new Map(found.map((one) => [one.seq, { ...one }]));
  for (const event of events) {
    const known = kept.get(event.seq);
    if (known === undefined) continue;
    if (!mayReplace(known.id, event.id)) throw new DyliveError("bad_request", `event ${room}:${event.seq} is ${known.id}, not ${event.id}`);
    const before = known.session ?? "";
    await replaceOne(session, room, known, event);
    if (event.seq <= indexed) await reindex(session, room, known.day, event);
    await session.perform(markStale(POSTGRES, room, [before, known.session ?? ""], event.seq));
  }
}

async function replaceOne(session: PostgresSession, room: RoomKey, known: ChangedEvent, event: LiveEvent): Promise<void> {
  const row = rowOf(event, ++known.revision);
  known.id = row.id;
  known.session = row.sessionId;
  await session.run(
    `WITH replaced AS (
       UPDATE events SET id = $4, type = $5, session_id = $6, user_id = $7, combo_id = $8, combo_total = $9, settled = $10, diamonds = $11,
         revision = $12, body = $13 WHERE day = $1 AND room = $2 AND seq = $3
     ) UPDATE room_days SET bytes = bytes + octet_length($13::text) - $14 WHERE day = $1 AND room = $2`,
    ...[known.day, room, known.seq],
    ...[row.id, row.type, row.sessionId, row.userId, row.comboId, row.comboTotal, row.settled, row.diamonds, row.revision, row.body],
    known.bytes,
  );
}

/** Removes the events of a range. */
export async function removeEvents(session: PostgresSession, room: RoomKey, range: Removal, reason: string): Promise<void> {
  // With the head, nobody appends to the room meanwhile: the seqs of its days stay what they are.
  await session.run("SELECT head FROM heads WHERE room = $1 FOR UPDATE", room);
  await lockIndex(session, room);
  const days = await daysOf(session, room, range);
  const gone = await session.rows<{ day: number; bytes: number }>(
    `WITH gone AS (
       DELETE FROM events WHERE day = ANY($1::integer[]) AND room = $2 AND seq BETWEEN $3 AND $4 RETURNING day, octet_length(body) AS bytes
     ) SELECT day, sum(bytes)::bigint AS bytes FROM gone GROUP BY day`,
    days,
    room,
    range.from,
    range.to,
  );
  for (const { day, bytes } of gone) await shrinkDay(session, room, day, bytes);
  await unindex(session, room, days, range);
  await session.perform(recordRemoval(POSTGRES, room, range, reason));
}

/** Updates a day's row, or deletes it, after some of the day's events went. */
async function shrinkDay(session: PostgresSession, room: RoomKey, day: number, bytes: number): Promise<void> {
  const left = await session.row<{ min: number | null; max: number | null }>(
    "SELECT min(seq) AS min, max(seq) AS max FROM events WHERE day = ANY($1::integer[]) AND room = $2",
    [day],
    room,
  );
  const { min = null, max = null } = left ?? {};
  if (min === null) await session.run("DELETE FROM room_days WHERE room = $1 AND day = $2", room, day);
  else
    await session.run(
      "UPDATE room_days SET min_seq = $3, max_seq = $4, bytes = bytes - $5 WHERE room = $1 AND day = $2",
      room,
      day,
      min,
      max,
      bytes,
    );
}
