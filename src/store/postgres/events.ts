import type { LiveEvent } from "../../events/event.js";
import type { RoomKey } from "../log.js";
import { type SearchAsk, wordsOf } from "../search.js";
import type { EventTable } from "../sql/log.js";
import { type Retention, sqlRetention } from "../sql/retention.js";
import type { Hit, SearchIndex, TimedHit } from "../sql/search.js";
import { row, rows, run, type SqlWork } from "../sql/work.js";
import type { PostgresConnection } from "./connection.js";
import { isConflict, isLocked } from "./refusal.js";
import { lock } from "./session.js";

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
  // Bytes would come as hexadecimal digits.
  bytesOf: (text) => text,
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
  *anywhere(before, { from, to, among }, query, count) {
    const hits = yield* rows<TimedHit>(
      `SELECT day, room, seq, time FROM search WHERE words @@ $1::tsquery AND room > 0 AND time >= $2 AND time < $3 AND time <= $4
         AND (time, room, seq) < ($4, $5::bigint, $6::bigint) ${among === null ? "" : "AND room = ANY($8::bigint[])"}
         ORDER BY time DESC, room DESC, seq DESC LIMIT $7`,
      ...[query.replaceAll(" AND ", " & ").replaceAll(" OR ", " | "), from ?? Number.MIN_SAFE_INTEGER, to ?? Number.MAX_SAFE_INTEGER],
      ...[before.time, before.room, before.seq, count, ...(among === null ? [] : [among])],
    );
    return { hits, next: hits.length < count ? null : (hits.at(-1) ?? null) };
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

const DAY_MS = 86_400_000;
/** First and last day that an id may tell, 2016-01-01 (before the platform) and 2100-01-01: ids that say another time say none. */
const FIRST_DAY = 16_801;
const LAST_DAY = 47_481;

/** Day of events whose id tells no time: hashes, combos that we settle, the system's. They are never dropped by the day. */
const UNDATED = 0;

/**
 * Returns the day (UTC, days since 1970) that an event is kept under. It is told by the id alone, so that a repeat meets the same unique
 * key whenever it comes and whatever time it says. Ids of the platform begin with seconds × 2^32 and more; ours may name ms.
 */
export function dayOf(id: string): number {
  const ms = timeOf(id);
  const day = Math.floor(ms / DAY_MS);
  return day >= FIRST_DAY && day <= LAST_DAY ? day : UNDATED;
}

/** Returns the day that a time (ms UTC) lies in. */
function dayAt(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

function timeOf(id: string): number {
  const platform = /^[0-9]{16,20}(?=:|$)/.exec(id);
  if (platform !== null) return Number(BigInt(platform[0]) >> 32n) * 1000;
  const own = /^(?:gap|state|test):([0-9]{13})(?![0-9])/.exec(id);
  return own?.[1] === undefined ? 0 : Number(own[1]);
}

/** Returns the name of the table that holds a day's events; `append_events` makes the same name. */
function tableOf(day: number): string {
  return `events_${nameOf(day)}`;
}

/** Returns the name of the table that holds what a day's events are found by. */
function searchTableOf(day: number): string {
  return `search_${nameOf(day)}`;
}

function nameOf(day: number): string {
  return day === UNDATED ? "undated" : new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll("-", "");
}

/** Makes the tables of days, before their first event. */
export class Days {
  readonly #connection: PostgresConnection;
  readonly #made = new Set<number>([UNDATED]);

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  /** Makes sure that each of these days has a table, unless it was dropped for good. */
  async make(days: Iterable<number>): Promise<void> {
    for (const day of days) {
      if (this.#made.has(day)) continue;
      await this.#make(day);
      this.#made.add(day);
    }
  }

  /** Forgets which tables there are: another process may have dropped some. */
  forget(): void {
    this.#made.clear();
    this.#made.add(UNDATED);
  }

  #make(day: number): Promise<void> {
    return this.#connection.transact(function* () {
      yield* lock("make");
      const found = yield* row<{ needed: boolean }>(
        `SELECT $1::integer >= (SELECT value::integer FROM meta WHERE key = 'horizon')
           AND NOT EXISTS (SELECT FROM day_tables WHERE day = $1::integer) AS needed`,
        day,
      );
      if (found?.needed !== true) return;
      // Made apart and then attached: CREATE … PARTITION OF would stop all reads and appends for a moment.
      for (const [whole, part] of [
        ["events", tableOf(day)],
        ["search", searchTableOf(day)],
      ]) {
        yield* run(`CREATE TABLE ${part} (LIKE ${whole} INCLUDING ALL)`);
        yield* run(`ALTER TABLE ${whole} ATTACH PARTITION ${part} FOR VALUES FROM (${day}) TO (${day + 1})`);
      }
      yield* run("INSERT INTO day_tables(day) VALUES ($1)", day);
    });
  }
}

/** Returns the limits in PostgreSQL. Its files are the server's business: dropping a day gives their space back. */
export function postgresRetention(connection: PostgresConnection): Retention {
  const number = (sql: string, ...values: readonly number[]) =>
    connection.ask(function* () {
      return (yield* row<{ number: number }>(sql, ...values))?.number ?? 0;
    });
  const own = sqlRetention(connection, {
    size: (room) => number("SELECT coalesce(sum(bytes), 0)::bigint AS number FROM room_days WHERE room = $1", room),
    storeSize: async () => ({ used: await number("SELECT pg_database_size(current_database()) AS number"), free: 0 }),
    giveBack: () => connection.guard(async () => false),
    days: () =>
      connection.ask(function* () {
        const days = yield* rows<{ day: number }>("SELECT day FROM day_tables WHERE day <> $1 ORDER BY day", UNDATED);
        return days.map(({ day }) => (day + 1) * DAY_MS);
      }),
    dropDays: (before) => dropDays(connection, dayAt(before)),
  });
  return {
    ...own,
    /** Returns the horizon of a room's own removals, or of the days that were dropped of all rooms. */
    horizon: async (room) => {
      const time = await own.horizon(room);
      const day = await number("SELECT value::integer AS number FROM meta WHERE key = 'horizon'");
      const dropped = day > 0 ? day * DAY_MS - 1 : null;
      return time === null ? dropped : Math.max(time, dropped ?? time);
    },
  };
}

/** Longest wait for readers, in ms; then the day is left for the next time, and nobody else waits behind us. */
const LOCK_MS = 500;

/**
 * Drops whole days, each in one step however many events it has: every day before this one (days since 1970). From then on their events are
 * refused as too old. What was removed of each room is recorded, as by `Log.remove`.
 *
 * @returns how many days were dropped
 */
async function dropDays(connection: PostgresConnection, before: number): Promise<number> {
  // First nobody appends to these days any more, in a step of its own: appends wait for it as for any other, and not for the rest.
  await connection.write(function* () {
    yield* lock("days");
    yield* run("UPDATE meta SET value = $1::text WHERE key = 'horizon' AND value::integer < $1::text::integer", String(before));
  });
  const days = await connection.ask(() =>
    rows<{ day: number }>("SELECT DISTINCT day FROM day_tables WHERE day <> $1 AND day < $2 ORDER BY day", UNDATED, before),
  );
  let dropped = 0;
  for (const { day } of days) {
    try {
      await connection.writeLong(() => dropDay(day));
      dropped++;
    } catch (error) {
      if (!isLocked(error) && !isConflict(error)) throw error;
    }
  }
  return dropped;
}

function* dropDay(day: number): SqlWork<void> {
  yield* lock("remove");
  if ((yield* run("DELETE FROM day_tables WHERE day = $1", day)) === 0) return;
  yield* run(recordDay(tableOf(day)));
  yield* run("DELETE FROM room_days WHERE day = $1", day);
  yield* run(`SET LOCAL lock_timeout = ${LOCK_MS}`);
  // Last, and for a moment: whoever needs a table for a new day appends now, and waits for this.
  yield* lock("make");
  yield* run(`DROP TABLE ${tableOf(day)}, ${searchTableOf(day)}`);
}

/**
 * Records a day's events as removed, room by room and range by range: around midnight the seqs of two days take turns. Ranges that touch
 * become one with those that were recorded before.
 */
function recordDay(table: string): string {
  return `WITH gone AS (
      SELECT room, min(seq) AS from_seq, max(seq) AS to_seq
      FROM (SELECT room, seq, seq - row_number() OVER (PARTITION BY room ORDER BY seq) AS run FROM ${table}) AS e GROUP BY room, run
    ), before AS (
      DELETE FROM removals WHERE room IN (SELECT room FROM gone) RETURNING room, from_seq, to_seq
    ), ranges AS (
      SELECT room, from_seq, to_seq FROM gone UNION ALL SELECT room, from_seq, to_seq FROM before
    ), begins AS (
      SELECT *, from_seq > coalesce(max(to_seq) OVER (PARTITION BY room ORDER BY from_seq, to_seq
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) + 1, from_seq - 1) AS apart FROM ranges
    ), numbered AS (
      SELECT *, count(*) FILTER (WHERE apart) OVER (PARTITION BY room ORDER BY from_seq, to_seq) AS n FROM begins
    )
    INSERT INTO removals(room, from_seq, to_seq, reason) SELECT room, min(from_seq), max(to_seq), 'retention' FROM numbered GROUP BY room, n`;
}
