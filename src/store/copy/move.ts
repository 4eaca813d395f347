import { type Clock, systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { RoomKey } from "../log.js";
import { PostgresConnection } from "../postgres/connection.js";
import { Days, dayOf } from "../postgres/events.js";
import { migrate } from "../postgres/migrate.js";
import { META, ROOMS, type SqlTable, TABLES } from "../sql/tables.js";
import { arrays, row, rows, run, type SqlValue, type SqlWork } from "../sql/work.js";
import { type CopiedRow, copiedRows, EVENT_COLUMNS, SqliteSource } from "./source.js";

/** Events of one transaction. */
const BATCH = 2000;

/** Source, destination and options of a copy. */
interface MoveOptions {
  /** The SQLite file; that it was written to meanwhile is found at the end, and refused. */
  readonly from: string;
  /** Address of the database, which is empty or holds the beginning of the same copy. */
  readonly to: string;
  readonly signal: AbortSignal;
  readonly onProgress?: OnProgress;
  readonly clock?: Clock;
}

/** Result of a copy. */
interface Moved {
  readonly rooms: number;
  readonly events: number;
  /** Events that an earlier call had copied. */
  readonly before: number;
  /** Rows of both that were read and found the same, cell by cell: events, rooms and everything else. */
  readonly compared: number;
}

/**
 * Copies a SQLite store into a PostgreSQL database, with its log id, seqs and positions, so that cursors of the one go on in the other, and
 * compares the two. Only what was found the same becomes a store. A copy that was broken off goes on when it is called again; one that is
 * whole is only compared. The search index is not copied: a server makes it.
 * @throws DyliveError bad_config, bad_request, store_unreachable; internal when the copy differs; the signal's reason
 */
export async function moveStore({ from, to, signal, onProgress = () => {}, clock = systemClock }: MoveOptions): Promise<Moved> {
  const source = new SqliteSource(from);
  const connection = new PostgresConnection(to, clock);
  try {
    await migrate(connection);
    const target = new PostgresTarget(connection);
    const before = await copy(source, target, onProgress, signal);
    const compared = await compareStores(source, target, onProgress, signal);
    const heads = source.heads();
    await target.open();
    const events = heads.reduce((sum, { kept }) => sum + kept, 0);
    return { rooms: heads.filter(({ room }) => room > 0).length, events, before, compared };
  } finally {
    await connection.close();
    source.close();
  }
}

/** Copies what is not copied yet. @returns how many events were copied before */
async function copy(source: SqliteSource, target: PostgresTarget, onProgress: OnProgress, signal: AbortSignal): Promise<number> {
  const begun = await target.begin(source.meta("log_id") ?? "");
  const heads = source.heads();
  const of = heads.reduce((sum, { kept }) => sum + kept, 0);
  if (begun === null) return of;
  await target.rooms(source);
  const before = heads.reduce((sum, { room }) => sum + source.keptUpTo(room, begun.get(room) ?? 0), 0);
  let done = before;
  for (const { room } of heads) {
    for (let after = begun.get(room) ?? 0; ; ) {
      signal.throwIfAborted();
      const rows = source.events(room, after, BATCH);
      if (rows.length === 0) break;
      await target.events(room, rows);
      after = Number(rows.at(-1)?.[1]);
      done += rows.length;
      onProgress("events copied", done, of);
    }
  }
  await target.finish(source);
  return before;
}

/** Events that are taken from the source at a time. */
const PAGE = 2000;

/** Called with what is done now, how many rows of it are done, and how many there are; null where that is not known. */
type OnProgress = (what: string, done: number, of: number | null) => void;

/**
 * Reads everything of both and compares it, cell by cell.
 * @returns how many rows were the same
 * @throws DyliveError internal that names the first difference; the signal's reason
 */
async function compareStores(source: SqliteSource, target: PostgresTarget, onProgress: OnProgress, signal: AbortSignal): Promise<number> {
  const heads = source.heads();
  const kept = heads.reduce((sum, head) => sum + head.kept, 0);
  let events = 0;
  for (const { room } of heads)
    events += await compareRows(
      { what: `events of room ${room}`, names: Object.keys(EVENT_COLUMNS), ours: eventsOf(source, room) },
      (onRow) => target.readEvents(room, onRow),
      (done) => {
        signal.throwIfAborted();
        onProgress("events compared", events + done, kept);
      },
    );
  let others = 0;
  for (const table of [META, ROOMS, ...TABLES])
    others += await compareRows(
      { what: table.name, names: Object.keys(table.columns), ours: source.rows(table) },
      (onRow) => target.read(table, onRow),
      (done) => {
        signal.throwIfAborted();
        onProgress(`rows of ${table.name} compared`, done, null);
      },
    );
  return events + others;
}

function* eventsOf(source: SqliteSource, room: number): Generator<CopiedRow> {
  for (let after = 0; ; ) {
    const page = source.events(room, after, PAGE);
    if (page.length === 0) return;
    yield* page;
    after = Number(page.at(-1)?.[1]);
  }
}

/** Compares rows one by one. @returns how many there are @throws DyliveError internal when they differ */
async function compareRows(
  { what, names, ours }: { readonly what: string; readonly names: readonly string[]; readonly ours: Generator<CopiedRow> },
  read: (onRow: (row: CopiedRow) => void) => Promise<void>,
  onRow: (done: number) => void,
): Promise<number> {
  let done = 0;
  const differ = (why: string) => new DyliveError("internal", msg`the copy differs: ${what}, row ${done + 1}: ${why}`);
  try {
    await read((row) => {
      const next = ours.next();
      if (next.done === true) throw differ("the copy has more");
      const at = row.findIndex((cell, index) => cell !== next.value[index]);
      if (at >= 0) throw differ(`${names[at]} is not the same`);
      onRow(++done);
    });
    if (ours.next().done !== true) throw differ("the copy has fewer");
    return done;
  } finally {
    // A statement that is not read to its end would hold the source open.
    ours.return(undefined);
  }
}

/** Rows of one statement. */
const ROWS = 1000;
/** Name in `meta` of the log whose copy is not finished; the database has no log id until it is. */
const COPYING = "copying";

/** PostgreSQL database that takes the copy of another store. */
class PostgresTarget {
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
  async rooms(source: SqliteSource): Promise<void> {
    const columns = Object.keys(ROOMS.columns);
    const set = columns.slice(1).map((name) => `${name} = excluded.${name}`);
    await this.#connection.write(function* () {
      yield* insert(ROOMS, source.rows(ROOMS), `ON CONFLICT (room) DO UPDATE SET ${set.join(", ")}`);
      yield* run("INSERT INTO heads(room) SELECT room FROM rooms ON CONFLICT DO NOTHING");
      yield* run(countOn(ROOMS), source.given(ROOMS));
    });
  }

  /** Adds events of a room in one transaction; they are on disk when it resolves. */
  async events(room: RoomKey, given: readonly CopiedRow[]): Promise<void> {
    const days = given.map(([id]) => dayOf(String(id)));
    await this.#days.make(new Set(days));
    await this.#connection.write(() => run(EVENTS_SQL, room, days, ...cells(given, Object.keys(EVENT_COLUMNS).length)));
  }

  /** Copies everything else, and where the rooms' logs end, in one transaction; what an earlier call copied of it is taken away. */
  async finish(source: SqliteSource): Promise<void> {
    const pseudonymKey = source.meta("pseudonym_key");
    await this.#connection.write(function* () {
      for (const { name, copied = "true" } of [META, ...TABLES].reverse()) yield* run(`DELETE FROM ${name} WHERE ${copied}`);
      for (const table of [META, ...TABLES]) {
        yield* insert(table, source.rows(table));
        if (table.counts === true) yield* run(countOn(table), source.given(table));
      }
      for (const { room, head, epoch } of source.heads())
        yield* run("UPDATE heads SET head = $2, epoch = $3 WHERE room = $1", room, head, epoch);
      yield* run("UPDATE log_head SET pos = $1", source.head);
      yield* run("UPDATE consumers SET pos = $1 WHERE name = 'statistics'", source.counted);
      yield* run("DELETE FROM meta WHERE key = 'pseudonym_key'");
      if (pseudonymKey !== null) yield* run("INSERT INTO meta(key, value) VALUES ('pseudonym_key', $1)", pseudonymKey);
    });
    // Of a large store it takes longer than a statement may.
    await this.#connection.writeLong(() => run("ANALYZE"));
  }

  /** Makes the copy the store: from then on others open it. */
  async open(): Promise<void> {
    await this.#connection.write(() => run("UPDATE meta SET key = 'log_id' WHERE key = $1", COPYING));
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
    // Once: the reader has taken what came before a connection was lost.
    return this.#connection.writeLong(function* () {
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
  const count = function* (what: string, from: string): SqlWork<readonly string[]> {
    const { count = 0 } = (yield* row<{ count: number }>(`SELECT count(*) AS count FROM ${from}`)) ?? {};
    return count > 0 ? [`${count} ${what}`] : [];
  };
  const held = [...(yield* count("rooms", "rooms WHERE room > 0")), ...(yield* count("logs", "heads WHERE head > 0"))];
  for (const { name, copied = "true" } of [META, ...TABLES]) held.push(...(yield* count(name, `${name} WHERE ${copied}`)));
  held.push(...(yield* count("pseudonym key", "meta WHERE key = 'pseudonym_key'")));
  if (held.length === 0) return;
  throw new DyliveError("bad_request", msg`the database holds ${held.join(", ")} already: give an empty one`);
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

const NAMES = Object.keys(EVENT_COLUMNS).join(", ");
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
