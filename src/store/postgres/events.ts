import type { RoomKey } from "../log.js";
import { wordsOf } from "../search.js";
import { type EventTable, SHOWN } from "../sql/log.js";
import { type Retention, sqlRetention } from "../sql/retention.js";
import type { Hit, SearchIndex } from "../sql/search.js";
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
  oldest: "(SELECT min(d.min_seq) FROM room_days d WHERE d.room = h.room)",
  firstAfter: "(SELECT min(greatest(d.min_pos, $1::bigint + 1)) FROM day_tables d WHERE d.max_pos > $1::bigint)",
  daysAfter: daysWhere("d.max_seq > $2"),
  daysBefore: daysWhere("d.min_seq < $2"),
  // Bytes would come as hexadecimal digits.
  bytesOf: (text) => text,
  storedId: (id) => id,
  *days(room, { from, to }) {
    const sql = "SELECT day FROM room_days WHERE room = $1 AND max_seq >= $2 AND min_seq <= $3";
    return (yield* rows<{ day: number }>(sql, room, from, to)).map(({ day }) => day);
  },
  *daysAt({ from, to }) {
    const sql = "SELECT day FROM day_tables WHERE max_pos >= $1 AND min_pos <= $2";
    return (yield* rows<{ day: number }>(sql, from, to)).map(({ day }) => day);
  },
  daysOf: (ids) => [...new Set(ids.map(dayOf))],
  within: (days, room, { from, to }) => ({ sql: WITHIN, values: [days, room, from, to] }),
  at: (days, room, seqs) => ({ sql: "day = ANY($1::integer[]) AND room = $2 AND seq = ANY($3::bigint[])", values: [days, room, seqs] }),
  known: (days, room, ids) => ({ sql: "day = ANY($1::integer[]) AND room = $2 AND id = ANY($3::text[])", values: [days, room, ids] }),
  between: (days, { from, to }) => ({ sql: BETWEEN, values: [days, from, to] }),
  *replaced(room, event, { id, pos }, grown, indexed) {
    yield* run("UPDATE room_days SET bytes = bytes + $3 WHERE room = $1 AND day = $2", room, dayOf(id), grown);
    if (indexed && room > 0) yield* run(ADD, [dayOf(id)], [pos], [wordsOf(room, event)]);
  },
  *remove(room, range) {
    const days = yield* EVENTS.days(room, range);
    const { sql, values } = EVENTS.within(days, room, range);
    const gone = yield* rows<{ day: number; bytes: number }>(
      `WITH gone AS (DELETE FROM events WHERE ${sql} RETURNING day, pos, octet_length(body) AS bytes),
         unfound AS (DELETE FROM search s USING gone WHERE s.day = ANY($1::integer[]) AND s.day = gone.day AND s.pos = gone.pos)
       SELECT day, sum(bytes)::bigint AS bytes FROM gone GROUP BY day`,
      ...values,
    );
    for (const { day, bytes } of gone) yield* shrinkDay(room, day, bytes);
  },
};

const BETWEEN = "day = ANY($1::integer[]) AND pos BETWEEN $2 AND $3";
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

const ADD = `INSERT INTO search AS s (day, pos, words)
  SELECT e.day, e.pos, array_to_tsvector(string_to_array(e.words, ' ')) FROM unnest($1::integer[], $2::bigint[], $3::text[]) AS e(day, pos, words)
  ON CONFLICT (pos, day) DO UPDATE SET words = excluded.words`;

/** Index of PostgreSQL: an inverted index of our words, under the days of the events. */
export const SEARCH: SearchIndex = {
  *add(events) {
    yield* run(
      ADD,
      events.map(({ event }) => dayOf(event.id)),
      events.map(({ pos }) => pos),
      events.map(({ room, event }) => wordsOf(room, event)),
    );
  },
  /** Does nothing: the server's own VACUUM overwrites what left the index. */
  *purge() {
    yield* [];
    return false;
  },
  *hits(query, before, count) {
    const found = yield* rows<{ day: number; pos: number }>(
      "SELECT day, pos FROM search WHERE words @@ $1::tsquery AND pos < $2 ORDER BY pos DESC LIMIT $3",
      ...[query.replaceAll(" AND ", " & ").replaceAll(" OR ", " | "), before, count],
    );
    const kept = yield* rows<Hit>(
      `SELECT pos, room, seq, body FROM events WHERE day = ANY($1::integer[]) AND pos = ANY($2::bigint[]) AND ${SHOWN}`,
      ...[[...new Set(found.map(({ day }) => day))], found.map(({ pos }) => pos)],
    );
    const byPos = new Map(kept.map((one) => [one.pos, one]));
    return found.map(({ pos }) => byPos.get(pos) ?? { pos, room: null, seq: null, body: null });
  },
};

const DAY_MS = 86_400_000;
/** First and last day that an id may tell, 2016-01-01 (before the platform) and 2100-01-01: ids that say another time say none. */
const FIRST_DAY = 16_801;
const LAST_DAY = 47_481;

/** Day of events whose id tells no time: hashes, combos that we settle, the system's. They are never dropped by the day. */
const UNDATED = 0;

/**
 * Returns the day (UTC, days since 1970) that an event is kept under. It follows from the id alone, so that a repeat meets the same unique
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

/** Longest wait for readers, in ms; then the day is left for the next time, and no other call waits behind us. */
const LOCK_MS = 500;

/**
 * Drops whole days, each in one step however many events it has: every day before this one (days since 1970). From then on their events are
 * refused as too old. What was removed of each room is recorded, as by `Log.remove`.
 *
 * @returns how many days were dropped
 */
async function dropDays(connection: PostgresConnection, before: number): Promise<number> {
  // First appends to these days are refused, in a step of its own: appends wait for it as for any other, and not for the rest.
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
  // Last, and for a moment: an append that needs a table for a new day waits for this.
  yield* lock("make");
  yield* run(`DROP TABLE ${tableOf(day)}, ${searchTableOf(day)}`);
}

/**
 * Records a day's events as removed, room by room and range by range: around midnight the seqs of two days take turns. Ranges that touch
 * become one with those that were recorded before.
 */
function recordDay(table: string): string {
  return `WITH gone AS (
      SELECT room, min(seq) AS from_seq, max(seq) AS to_seq, max(pos) AS pos
      FROM (SELECT room, seq, pos, seq - row_number() OVER (PARTITION BY room ORDER BY seq) AS run FROM ${table}) AS e GROUP BY room, run
    ), before AS (
      DELETE FROM removals WHERE room IN (SELECT room FROM gone) RETURNING room, from_seq, to_seq, pos
    ), ranges AS (
      SELECT room, from_seq, to_seq, pos FROM gone UNION ALL SELECT room, from_seq, to_seq, pos FROM before
    ), begins AS (
      SELECT *, from_seq > coalesce(max(to_seq) OVER (PARTITION BY room ORDER BY from_seq, to_seq
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) + 1, from_seq - 1) AS apart FROM ranges
    ), numbered AS (
      SELECT *, count(*) FILTER (WHERE apart) OVER (PARTITION BY room ORDER BY from_seq, to_seq) AS n FROM begins
    )
    INSERT INTO removals(room, from_seq, to_seq, reason, pos) SELECT room, min(from_seq), max(to_seq), 'retention', max(pos) FROM numbered GROUP BY room, n`;
}
