import { type Retention, sqlRetention } from "../sql/retention.js";
import { row, rows, run, type SqlWork } from "../sql/work.js";
import type { PostgresConnection } from "./connection.js";
import { isConflict, isLocked } from "./refusal.js";
import { lock } from "./session.js";

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
  const own = /^(?:gap|state):([0-9]{13})(?![0-9])/.exec(id);
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
