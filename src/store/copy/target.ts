import { DyliveError } from "../../runtime/errors.js";
import { told } from "../../runtime/told.js";
import type { RoomKey } from "../log.js";
import type { PostgresConnection } from "../postgres/connection.js";
import { Days, dayOf } from "../postgres/events.js";
import { META, ROOMS, type SqlTable, TABLES } from "../sql/tables.js";
import { arrays, row, rows, run, type SqlValue, type SqlWork } from "../sql/work.js";
import { type CopiedRow, copiedRows, EVENT_COLUMNS, type SqliteSource } from "./source.js";

/** Rows of one statement. */
const ROWS = 1000;
/** Name in `meta` of the log whose copy is not finished; the database has no log id until it is. */
const COPYING = "copying";

/** PostgreSQL database that takes the copy of another store. */
export class PostgresTarget {
  readonly #connection: PostgresConnection;
  readonly #days: Days;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
    this.#days = new Days(connection);
  }

  /**
   * Makes the database the copy of a log; one that was begun goes on.
   * @returns how far each room was copied before; null when the copy is whole
   * @throws DyliveError bad_request when the database holds anything else
   */
  begin(logId: string): Promise<ReadonlyMap<RoomKey, number> | null> {
    return this.#connection.write(function* () {
      if ((yield* metaOf("log_id")) === logId) return null;
      const copying = yield* metaOf(COPYING);
      if (copying === null) yield* assertEmpty();
      else if (copying !== logId)
        throw new DyliveError("bad_request", "the copy of another store into this database was not finished: give an empty database");
      yield* run("DELETE FROM meta WHERE key = 'log_id'");
      yield* run("INSERT INTO meta(key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING", COPYING, logId);
      return new Map((yield* rows<{ room: RoomKey; head: number }>("SELECT room, head FROM heads")).map(({ room, head }) => [room, head]));
    });
  }

  /** Makes the rooms, or brings them up to date. */
  async rooms(given: Iterable<CopiedRow>): Promise<void> {
    const columns = Object.keys(ROOMS.columns);
    const set = columns.slice(1).map((name) => `${name} = excluded.${name}`);
    await this.#connection.write(function* () {
      yield* insert(ROOMS, given, `ON CONFLICT (room) DO UPDATE SET ${set.join(", ")}`);
      yield* run("INSERT INTO heads(room) SELECT room FROM rooms ON CONFLICT DO NOTHING");
      yield* run(countOn(ROOMS));
    });
  }

  /** Adds events of a room in one transaction; they are on disk when it resolves. */
  async events(room: RoomKey, given: readonly CopiedRow[]): Promise<void> {
    const days = given.map(([id]) => dayOf(String(id)));
    await this.#days.make(new Set(days));
    await this.#connection.write(() => run(EVENTS_SQL, room, days, ...cells(given, Object.keys(EVENT_COLUMNS).length)));
  }

  /** Copies everything else, and where the rooms' logs end, in one transaction: from then on the database is the store. */
  async finish(source: SqliteSource): Promise<void> {
    const pseudonymKey = source.meta("pseudonym_key");
    await this.#connection.write(function* () {
      for (const table of [META, ...TABLES]) {
        yield* insert(table, source.rows(table));
        if (table.counts === true) yield* run(countOn(table));
      }
      for (const { room, head, epoch } of source.heads())
        yield* run("UPDATE heads SET head = $2, epoch = $3 WHERE room = $1", room, head, epoch);
      if (pseudonymKey !== null) yield* run("INSERT INTO meta(key, value) VALUES ('pseudonym_key', $1)", pseudonymKey);
      yield* run("UPDATE meta SET key = 'log_id' WHERE key = $1", COPYING);
    });
    await this.#connection.ask(() => run("ANALYZE"));
  }

  /** Passes the rows of a table, in the order of its primary key, to a reader. */
  read(table: SqlTable, onRow: (row: CopiedRow) => void): Promise<void> {
    return this.#read(copiedRows(table), onRow);
  }

  /** Passes the events of a room, oldest first, to a reader. */
  readEvents(room: RoomKey, onRow: (row: CopiedRow) => void): Promise<void> {
    const columns = Object.keys(EVENT_COLUMNS).join(", ");
    return this.#read(`SELECT ${columns} FROM events WHERE room = ${Math.trunc(room)} ORDER BY seq`, onRow);
  }

  #read(sql: string, onRow: (row: CopiedRow) => void): Promise<void> {
    return this.#connection.read(function* () {
      yield* run(`DECLARE copied NO SCROLL CURSOR FOR ${sql}`);
      for (let more = true; more; ) {
        const fetched = yield* arrays<CopiedRow>(`FETCH ${ROWS} FROM copied`);
        for (const one of fetched) onRow(one);
        more = fetched.length > 0;
      }
      yield* run("CLOSE copied");
    });
  }
}

function* assertEmpty(): SqlWork<void> {
  const kept = yield* row<{
    rooms: number;
    events: number;
    tokens: number;
    hooks: number;
    positions: number;
    works: number;
    comments: number;
  }>(
    `SELECT (SELECT count(*) FROM rooms WHERE room > 0) AS rooms, (SELECT coalesce(sum(head), 0)::bigint FROM heads) AS events,
       (SELECT count(*) FROM tokens) AS tokens, (SELECT count(*) FROM hooks) AS hooks, (SELECT count(*) FROM positions) AS positions,
       (SELECT count(*) FROM works) AS works, (SELECT count(*) FROM comments) AS comments`,
  );
  const held = Object.entries(kept ?? {}).filter(([, count]) => count > 0);
  if (held.length === 0) return;
  const what = held.map(([name, count]) => `${count} ${name}`).join(", ");
  throw new DyliveError("bad_request", told`the database holds ${what} already: give an empty one`);
}

function* metaOf(key: string): SqlWork<string | null> {
  return (yield* row<{ value: string }>("SELECT value FROM meta WHERE key = $1", key))?.value ?? null;
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

/** Returns the SQL by which the numbers that the database gives go on behind the greatest. */
function countOn({ name, columns }: SqlTable): string {
  const [column = ""] = Object.keys(columns);
  return `SELECT setval(pg_get_serial_sequence('${name}', '${column}'), greatest(1, max(${column})), max(${column}) > 0) FROM ${name}`;
}

/** Turns rows into arrays, one for each column. */
function cells(given: readonly CopiedRow[], columns: number): readonly SqlValue[] {
  return Array.from({ length: columns }, (_, at) => given.map((one) => one[at] ?? null));
}

const NAMES = Object.keys(EVENT_COLUMNS).join(", ");
const ARRAYS = Object.values(EVENT_COLUMNS).map((type, at) => `$${at + 3}::${type}[]`);

/** Inserts events as `append_events` does, but with given seqs. */
const EVENTS_SQL = `WITH given AS (
    SELECT * FROM unnest($2::integer[], ${ARRAYS.join(", ")}) AS g(day, ${NAMES})
  ), inserted AS (
    INSERT INTO events(room, day, ${NAMES}) SELECT $1::bigint, day, ${NAMES} FROM given
  ), spans AS (
    INSERT INTO room_days AS d (room, day, min_seq, max_seq, bytes)
    SELECT $1::bigint, day, min(seq), max(seq), sum(octet_length(body)) FROM given GROUP BY day
    ON CONFLICT (room, day) DO UPDATE SET
      min_seq = least(d.min_seq, excluded.min_seq), max_seq = greatest(d.max_seq, excluded.max_seq), bytes = d.bytes + excluded.bytes
  )
  UPDATE heads SET head = (SELECT max(seq) FROM given) WHERE room = $1::bigint`;
