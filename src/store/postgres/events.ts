import type { LiveEvent } from "../../events/event.js";
import type { RoomKey } from "../log.js";
import { type SearchAsk, wordsOf } from "../search.js";
import type { EventTable } from "../sql/log.js";
import type { Hit, SearchIndex } from "../sql/search.js";
import { row, rows, run, type SqlWork } from "../sql/work.js";
import { dayOf } from "./days.js";

/** Returns SQL for the days of a room's events. It names the events' table, so that no day can be dropped before the transaction ends. */
function daysWhere(condition: string): string {
  return `(SELECT json_agg(json_build_array(d.day, d.min_seq, d.max_seq)) FROM room_days d
    WHERE d.room = h.room AND ${condition} AND NOT EXISTS (SELECT FROM events WHERE false))`;
}

/**
 * Events' table of PostgreSQL: one for each day that ids tell. Statements name the days, and are planned with them at hand: only these tables
 * are looked at, even for their existence.
 */
export const EVENTS: EventTable = {
  order: "seq",
  oldest: "(SELECT min(d.min_seq) FROM room_days d WHERE d.room = h.room)",
  daysAfter: daysWhere("d.max_seq > $2"),
  daysBefore: daysWhere("d.min_seq < $2"),
  storedId: (id) => id,
  *days(room, { from, to }) {
    const sql = "SELECT day FROM room_days WHERE room = $1 AND max_seq >= $2 AND min_seq <= $3";
    return (yield* rows<{ day: number }>(sql, room, from, to)).map(({ day }) => day);
  },
  daysOf: (ids) => [...new Set(ids.map(dayOf))],
  within: (days, room, { from, to }) => ({ sql: WITHIN, values: [days, room, from, to] }),
  at: (days, room, seqs) => ({ sql: "day = ANY($1::integer[]) AND room = $2 AND seq = ANY($3::bigint[])", values: [days, room, seqs] }),
  known: (days, room, ids) => ({ sql: "day = ANY($1::integer[]) AND room = $2 AND id = ANY($3::text[])", values: [days, room, ids] }),
  *replaced(room, event, id, grown, indexed) {
    yield* run(
      `WITH grown AS (UPDATE room_days SET bytes = bytes + $6 WHERE room = $1::bigint AND day = $7) ${ADD}`,
      ...addedBy(room, indexed ? [event] : []),
      ...[grown, dayOf(id)],
    );
  },
  *remove(room, range) {
    const days = yield* EVENTS.days(room, range);
    const { sql, values } = EVENTS.within(days, room, range);
    const gone = yield* rows<{ day: number; bytes: number }>(
      `WITH gone AS (DELETE FROM events WHERE ${sql} RETURNING day, octet_length(body) AS bytes)
       SELECT day, sum(bytes)::bigint AS bytes FROM gone GROUP BY day`,
      ...values,
    );
    for (const { day, bytes } of gone) yield* shrinkDay(room, day, bytes);
    yield* run(`DELETE FROM search WHERE ${sql}`, ...values);
  },
};

const WITHIN = "day = ANY($1::integer[]) AND room = $2 AND seq BETWEEN $3 AND $4";

/** Updates a day's row, or deletes it, after some of the day's events went. */
function* shrinkDay(room: RoomKey, day: number, bytes: number): SqlWork<void> {
  const { min = null, max = null } =
    (yield* row<{ min: number | null; max: number | null }>(
      "SELECT min(seq) AS min, max(seq) AS max FROM events WHERE day = ANY($1::integer[]) AND room = $2",
      ...[[day], room],
    )) ?? {};
  if (min === null) yield* run("DELETE FROM room_days WHERE room = $1 AND day = $2", room, day);
  else
    yield* run(
      "UPDATE room_days SET min_seq = $3, max_seq = $4, bytes = bytes - $5 WHERE room = $1 AND day = $2",
      ...[room, day, min, max, bytes],
    );
}

const ADD = `INSERT INTO search AS s (day, room, seq, time, words)
  SELECT e.day, $1::bigint, e.seq, e.time, array_to_tsvector(string_to_array(e.words, ' '))
  FROM unnest($2::integer[], $3::bigint[], $4::bigint[], $5::text[]) AS e(day, seq, time, words)
  ON CONFLICT (day, room, seq) DO UPDATE SET time = excluded.time, words = excluded.words`;

/** Returns the parameters of {@link ADD}. An event that settles a combo may have another id than it was stored with, on the same day. */
function addedBy(room: RoomKey, events: readonly LiveEvent[]) {
  return [
    room,
    events.map(({ id }) => dayOf(id)),
    events.map(({ seq }) => seq),
    events.map(({ time }) => time),
    events.map((event) => indexedWords(room, event)),
  ];
}

/** Returns the words of an event in the index: its own, and its room's. */
function indexedWords(room: RoomKey, event: LiveEvent): string {
  return `r${room} ${wordsOf(event)}`;
}

/** Index of PostgreSQL: an inverted index of our words, under the days of the events. */
export const SEARCH: SearchIndex = {
  *add(room, events) {
    yield* run(
      ADD,
      ...addedBy(
        room,
        events.map(({ event }) => event),
      ),
    );
  },
  *reset() {
    yield* run("TRUNCATE search, search_rooms");
  },
  /** Does nothing: the server's own VACUUM overwrites what left the index. */
  *purge() {
    yield* [];
    return false;
  },
  *hits({ room, before }, { from, to }: Pick<SearchAsk, "from" | "to">, query, count) {
    const days = yield* EVENTS.days(room, { from: 1, to: before - 1 });
    return yield* rows<Hit>(
      `SELECT day, seq FROM search WHERE day = ANY($1::integer[]) AND room = $2 AND seq < $3 AND words @@ $4::tsquery
         AND time >= $5 AND time < $6 ORDER BY seq DESC LIMIT $7`,
      ...[days, room, before, `r${room} & ${query.replaceAll(" AND ", " & ").replaceAll(" OR ", " | ")}`],
      ...[from ?? Number.MIN_SAFE_INTEGER, to ?? Number.MAX_SAFE_INTEGER, count],
    );
  },
  *apart(days, room, range) {
    const apart = yield* rows<{ seq: number }>(
      `SELECT coalesce(e.seq, s.seq) AS seq FROM (SELECT day, seq FROM events WHERE ${WITHIN}) e
       FULL JOIN (SELECT day, seq FROM search WHERE ${WITHIN}) s ON s.day = e.day AND s.seq = e.seq WHERE e.seq IS NULL OR s.seq IS NULL`,
      ...[days, room, range.from, range.to],
    );
    return apart.map(({ seq }) => seq);
  },
  *others(days, room, events) {
    const others = yield* rows<{ seq: number }>(
      `SELECT e.seq FROM unnest($3::bigint[], $4::text[]) AS e(seq, words)
       LEFT JOIN search s ON s.day = ANY($1::integer[]) AND s.room = $2 AND s.seq = e.seq
       WHERE s.words IS DISTINCT FROM array_to_tsvector(string_to_array(e.words, ' '))`,
      ...[days, room, events.map(({ seq }) => seq), events.map((event) => indexedWords(room, event))],
    );
    return others.map(({ seq }) => seq);
  },
};
