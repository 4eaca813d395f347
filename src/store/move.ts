import { existsSync } from "node:fs";
import type Database from "better-sqlite3";
import { type Clock, systemClock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import type { RoomKey } from "./log.js";
import { PostgresConnection } from "./postgres/connection.js";
import { Days, dayOf } from "./postgres/events.js";
import { makeSchema } from "./postgres/schema.js";
import { META, ROOMS, type SqlTable, TABLES } from "./sql/tables.js";
import { row, run, type SqlValue, type SqlWork } from "./sql/work.js";
import { openDatabase } from "./sqlite/driver.js";
import { hasSchema } from "./sqlite/schema.js";

/** Events of one transaction. */
const BATCH = 2000;
/** Rows of one statement. */
const ROWS = 1000;
/** Name in `meta` of the log whose copy is not finished; the database has no log id until it is. */
const COPYING = "copying";

/** Source, destination and options of a copy. */
interface MoveOptions {
  /** The SQLite file, which only the caller may write meanwhile. */
  readonly from: string;
  /** Address of the database, which is empty. */
  readonly to: string;
  readonly signal: AbortSignal;
  /** Called with how many events are copied, and how many there are. */
  readonly onProgress?: (done: number, of: number) => void;
  readonly clock?: Clock;
}

/** Result of a copy. */
interface Moved {
  readonly rooms: number;
  readonly events: number;
}

/**
 * Copies a SQLite store into a PostgreSQL database, with its log id, seqs and positions, so that cursors of the one go on in the other. The
 * database becomes a store when all is copied. The search index is not copied: a server makes it.
 * @throws DyliveError bad_config, bad_request, store_unreachable; the signal's reason
 */
export async function moveStore({ from, to, signal, onProgress = () => {}, clock = systemClock }: MoveOptions): Promise<Moved> {
  const source = new SqliteSource(from);
  const connection = new PostgresConnection(to, clock);
  try {
    await makeSchema(connection);
    const heads = source.heads();
    const of = heads.reduce((sum, { kept }) => sum + kept, 0);
    await connection.write(() => beginCopy(source));
    const days = new Days(connection);
    let done = 0;
    for (const { room } of heads)
      for (let after = 0; ; ) {
        signal.throwIfAborted();
        const events = source.events(room, after, BATCH);
        if (events.length === 0) break;
        await copyEvents(connection, days, room, events);
        after = Number(events.at(-1)?.[1]);
        done += events.length;
        onProgress(done, of);
      }
    await connection.write(() => finishCopy(source));
    // Of a large store it takes longer than a statement may.
    await connection.writeLong(() => run("ANALYZE"));
    await connection.write(() => run("UPDATE meta SET key = 'log_id' WHERE key = $1", COPYING));
    return { rooms: heads.filter(({ room }) => room > 0).length, events: of };
  } finally {
    await connection.close();
    source.close();
  }
}

/** Makes the database the unfinished copy of the log, with its rooms. @throws DyliveError bad_request when it holds something */
function* beginCopy(source: SqliteSource): SqlWork<void> {
  yield* assertEmpty();
  yield* run("DELETE FROM meta WHERE key = 'log_id'");
  yield* run("INSERT INTO meta(key, value) VALUES ($1, $2)", COPYING, source.value<string>("SELECT value FROM meta WHERE key = 'log_id'"));
  const set = Object.keys(ROOMS.columns)
    .slice(1)
    .map((name) => `${name} = excluded.${name}`);
  // The system's room is there already.
  yield* insert(ROOMS, source.rows(ROOMS), `ON CONFLICT (room) DO UPDATE SET ${set.join(", ")}`);
  yield* run("INSERT INTO heads(room) SELECT room FROM rooms ON CONFLICT DO NOTHING");
  yield* run(countOn(ROOMS), lastNumber(source, ROOMS));
}

/** Returns the greatest number that was given to a row of a table, also of rows that are gone; 0 when none was. */
function lastNumber(source: SqliteSource, { name }: SqlTable): number {
  return source.value<number>("SELECT seq FROM sqlite_sequence WHERE name = ?", name) ?? 0;
}

/** Adds events of a room in one transaction. */
async function copyEvents(connection: PostgresConnection, days: Days, room: RoomKey, events: readonly CopiedRow[]): Promise<void> {
  const own = events.map(([id]) => dayOf(String(id)));
  await days.make(new Set(own));
  await connection.write(() => run(EVENTS_SQL, room, own, ...cells(events, EVENT_NAMES.length)));
}

/** Copies everything else, and where the rooms' logs end. */
function* finishCopy(source: SqliteSource): SqlWork<void> {
  for (const table of [META, ...TABLES]) {
    yield* insert(table, source.rows(table));
    if (table.counts === true) yield* run(countOn(table), lastNumber(source, table));
  }
  for (const { room, head, epoch } of source.heads())
    yield* run("UPDATE heads SET head = $2, epoch = $3 WHERE room = $1", room, head, epoch);
  yield* run("UPDATE log_head SET pos = $1", source.value("SELECT pos FROM log_head"));
  const counted = source.value("SELECT pos FROM consumers WHERE name = 'statistics'");
  yield* run("UPDATE consumers SET pos = $1 WHERE name = 'statistics'", counted);
  const pseudonymKey = source.value("SELECT value FROM meta WHERE key = 'pseudonym_key'");
  if (pseudonymKey !== null) yield* run("INSERT INTO meta(key, value) VALUES ('pseudonym_key', $1)", pseudonymKey);
}

/** Types in PostgreSQL of an event's columns as both engines keep it, but for its room. `id` comes first: it tells the day. */
const EVENT_COLUMNS = {
  ...{
    id: "text",
    seq: "bigint",
    pos: "bigint",
    type: "text",
    session_id: "text",
    user_id: "text",
    combo_id: "text",
    combo_total: "bigint",
  },
  ...{ settled: "boolean", diamonds: "bigint", revision: "bigint", body: "text" },
} as const;

/** Value of a row; a row has them in the order of its columns. */
type CopiedCell = string | number | boolean | null;
type CopiedRow = readonly CopiedCell[];

/** End of a room's log, and how much of it is kept. */
interface SourceHead {
  readonly room: RoomKey;
  readonly head: number;
  readonly epoch: number;
  /** Events that are kept. */
  readonly kept: number;
}

const EVENT_NAMES = Object.keys(EVENT_COLUMNS);
/** Ids of events may be integers beyond what a number of JavaScript holds. */
const EVENT_LIST = EVENT_NAMES.map((name) => (name === "id" ? "CAST(id AS TEXT)" : name)).join(", ");
const SETTLED = EVENT_NAMES.indexOf("settled");

/** SQLite store as it was at one moment, opened for reading only. */
export class SqliteSource {
  readonly #database: Database.Database;
  readonly #events: Database.Statement<[number, number, number], CopiedRow>;

  /** Opens the store. @throws DyliveError bad_config when there is none, it is not ours, or is of another version of dylive */
  constructor(path: string) {
    if (!existsSync(path)) throw new DyliveError("bad_config", msg`there is no store at ${path}`);
    this.#database = openDatabase(path, { readonly: true, fileMustExist: true });
    try {
      if (!hasSchema(this.#database)) throw new DyliveError("bad_config", msg`there is no store at ${path}`);
      this.#database.exec("BEGIN");
      this.#events = this.#database.prepare<[number, number, number], CopiedRow>(
        `SELECT ${EVENT_LIST} FROM events WHERE room = ? AND seq > ? ORDER BY seq LIMIT ?`,
      );
      this.#events.raw();
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** Returns the only value of a statement; null when it has no row. */
  value<T extends CopiedCell>(sql: string, ...given: readonly string[]): T | null {
    return (
      this.#database
        .prepare<unknown[], T>(sql)
        .pluck()
        .get(...given) ?? null
    );
  }

  heads(): readonly SourceHead[] {
    return this.#database
      .prepare<[], SourceHead>(
        `SELECT room, head, epoch, (SELECT count(*) FROM events e WHERE e.room = h.room) AS kept
         FROM heads h ORDER BY room`,
      )
      .all();
  }

  /** Returns the next events of a room, oldest first; cells as {@link EVENT_COLUMNS}. */
  events(room: RoomKey, after: number, limit: number): readonly CopiedRow[] {
    return this.#events.all(room, after, limit).map(eventRow);
  }

  /** Yields the rows of a table, in the order of its primary key. */
  *rows(table: SqlTable): Generator<CopiedRow> {
    const statement = this.#database.prepare<[], CopiedRow>(copiedRows(table)).raw();
    yield* statement.iterate();
  }

  close(): void {
    this.#database.close();
  }
}

/** Returns the SQL for the rows of a table that are copied, in the order of its primary key. */
function copiedRows({ name, columns, keys, sums = [], copied = "true" }: SqlTable): string {
  const names = Object.keys(columns);
  const list = names.map((column) => (sums.includes(column) ? `CAST(${column} AS TEXT)` : column));
  return `SELECT ${list.join(", ")} FROM ${name} WHERE ${copied} ORDER BY ${names.slice(0, keys).join(", ")}`;
}

/** Returns an event's row with its boolean, which SQLite keeps as 0 or 1. */
function eventRow(row: CopiedRow): CopiedRow {
  const settled = row[SETTLED] ?? null;
  return settled === null ? row : row.with(SETTLED, settled !== 0);
}

function* assertEmpty(): SqlWork<void> {
  const count = function* (what: string, from: string): SqlWork<readonly string[]> {
    const { count = 0 } = (yield* row<{ count: number }>(`SELECT count(*) AS count FROM ${from}`)) ?? {};
    return count > 0 ? [`${count} ${what}`] : [];
  };
  const held = [
    ...(yield* count("copy that was not finished", `meta WHERE key = '${COPYING}'`)),
    ...(yield* count("rooms", "rooms WHERE room > 0")),
    ...(yield* count("logs", "heads WHERE head > 0")),
  ];
  for (const { name, copied = "true" } of [META, ...TABLES]) held.push(...(yield* count(name, `${name} WHERE ${copied}`)));
  held.push(...(yield* count("pseudonym key", "meta WHERE key = 'pseudonym_key'")));
  if (held.length === 0) return;
  throw new DyliveError("bad_request", msg`the database holds ${held.join(", ")} already: give an empty one`);
}

function* insert({ name, columns }: SqlTable, given: Iterable<CopiedRow>, conflict = ""): SqlWork<void> {
  const names = Object.keys(columns);
  const types = Object.values(columns).map((column, at) => `$${at + 1}::${column.split(" ")[0]}[]`);
  const sql = `INSERT INTO ${name}(${names.join(", ")}) SELECT * FROM unnest(${types.join(", ")}) ${conflict}`;
  let batch: CopiedRow[] = [];
  for (const one of given) {
    if (batch.push(one) < ROWS) continue;
    yield* run(sql, ...cells(batch, names.length));
    batch = [];
  }
  if (batch.length > 0) yield* run(sql, ...cells(batch, names.length));
}

/** Returns the SQL by which the numbers that the database gives go on behind the greatest, of the rows and of those that were given (`$1`). */
function countOn({ name, columns }: SqlTable): string {
  const [column = ""] = Object.keys(columns);
  const last = `greatest(max(${column}), $1::bigint)`;
  return `SELECT setval(pg_get_serial_sequence('${name}', '${column}'), greatest(1, ${last}), ${last} > 0) FROM ${name}`;
}

/** Turns rows into arrays, one for each column. */
function cells(given: readonly CopiedRow[], columns: number): readonly SqlValue[] {
  return Array.from({ length: columns }, (_, at) => given.map((one) => one[at] ?? null));
}

const NAMES = EVENT_NAMES.join(", ");
const ARRAYS = Object.values(EVENT_COLUMNS).map((type, at) => `$${at + 3}::${type}[]`);

/** Inserts events as `append_events` does, but with given seqs. */
const EVENTS_SQL = `WITH given AS (
    SELECT * FROM unnest($2::integer[], ${ARRAYS.join(", ")}) AS g(day, ${NAMES})
  ), inserted AS (
    INSERT INTO events(room, day, ${NAMES}) SELECT $1::bigint, day, ${NAMES} FROM given
  ), day_spans AS (
    UPDATE day_tables d SET min_pos = least(d.min_pos, new.min_pos), max_pos = greatest(d.max_pos, new.max_pos)
    FROM (SELECT day, min(pos) AS min_pos, max(pos) AS max_pos FROM given GROUP BY day) AS new WHERE d.day = new.day
  ), spans AS (
    INSERT INTO room_days AS d (room, day, min_seq, max_seq, bytes)
    SELECT $1::bigint, day, min(seq), max(seq), sum(octet_length(body)) FROM given GROUP BY day
    ON CONFLICT (room, day) DO UPDATE SET
      min_seq = least(d.min_seq, excluded.min_seq), max_seq = greatest(d.max_seq, excluded.max_seq), bytes = d.bytes + excluded.bytes
  )
  UPDATE heads SET head = (SELECT max(seq) FROM given) WHERE room = $1::bigint`;
