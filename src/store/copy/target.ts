import { DyliveError } from "../../runtime/errors.js";
import type { RoomKey } from "../log.js";
import type { PostgresConnection } from "../postgres/connection.js";
import { Days, dayOf } from "../postgres/days.js";
import type { PostgresSession } from "../postgres/session.js";
import { ROOMS, type Table } from "../sql/tables.js";
import type { Value } from "../sql/work.js";
import { type CopiedCell, EVENT_COLUMNS, type Row } from "./events.js";
import type { SourceHead } from "./source.js";

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
    return this.#connection.write(async (session) => {
      if ((await metaOf(session, "log_id")) === logId) return null;
      const copying = await metaOf(session, COPYING);
      if (copying === null) await assertEmpty(session);
      else if (copying !== logId)
        throw new DyliveError("bad_request", "the copy of another store into this database was not finished: give an empty database");
      await session.run("DELETE FROM meta WHERE key = 'log_id'");
      await session.run("INSERT INTO meta(key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING", COPYING, logId);
      const rows = await session.rows<{ room: RoomKey; head: number }>("SELECT room, head FROM heads");
      return new Map(rows.map(({ room, head }) => [room, head]));
    });
  }

  /** Makes the rooms, or brings them up to date. */
  async rooms(rows: Iterable<Row>): Promise<void> {
    const columns = Object.keys(ROOMS.columns);
    const set = columns.slice(1).map((name) => `${name} = excluded.${name}`);
    await this.#connection.write(async (session) => {
      await insert(session, ROOMS, rows, `ON CONFLICT (room) DO UPDATE SET ${set.join(", ")}`);
      await session.run("INSERT INTO heads(room) SELECT room FROM rooms ON CONFLICT DO NOTHING");
      await session.run(countOn(ROOMS));
    });
  }

  /** Adds events of a room in one transaction; they are on disk when it resolves. */
  async events(room: RoomKey, rows: readonly Row[]): Promise<void> {
    const days = rows.map(([id]) => dayOf(String(id)));
    await this.#days.make(new Set(days));
    await this.#connection.write(async (session) => {
      await session.run(EVENTS_SQL, room, days, ...cells(rows, Object.keys(EVENT_COLUMNS).length));
    });
  }

  /** Copies everything else, and where the rooms' logs end, in one transaction: from then on the database is the store. */
  async finish(source: {
    readonly heads: readonly SourceHead[];
    readonly pseudonymKey: string | null;
    readonly tables: readonly { readonly table: Table; rows(): Iterable<Row> }[];
  }): Promise<void> {
    await this.#connection.write(async (session) => {
      for (const { table, rows } of source.tables) {
        await insert(session, table, rows());
        if (table.counts === true) await session.run(countOn(table));
      }
      for (const { room, head, epoch } of source.heads)
        await session.run("UPDATE heads SET head = $2, epoch = $3 WHERE room = $1", room, head, epoch);
      if (source.pseudonymKey !== null) await session.run("INSERT INTO meta(key, value) VALUES ('pseudonym_key', $1)", source.pseudonymKey);
      await session.run("UPDATE meta SET key = 'log_id' WHERE key = $1", COPYING);
    });
    await this.#connection.ask((session) => session.run("ANALYZE"));
  }

  /** Passes the rows of a table, in the order of its primary key, to a reader that takes them one by one. */
  read<T>(table: Table, work: (rows: AsyncIterable<Row>) => Promise<T>): Promise<T> {
    const { name, columns, keys, sums = [], copied = "true" } = table;
    const names = Object.keys(columns);
    const list = names.map((column) => (sums.includes(column) ? `${column}::text AS ${column}` : column));
    const sql = `SELECT ${list.join(", ")} FROM ${name} WHERE ${copied} ORDER BY ${names.slice(0, keys).join(", ")}`;
    return this.#read(sql, names, work);
  }

  /** Passes the events of a room, oldest first, to a reader that takes them one by one. */
  readEvents<T>(room: RoomKey, work: (rows: AsyncIterable<Row>) => Promise<T>): Promise<T> {
    const names = Object.keys(EVENT_COLUMNS);
    return this.#read(`SELECT ${names.join(", ")} FROM events WHERE room = ${Math.trunc(room)} ORDER BY seq`, names, work);
  }

  #read<T>(sql: string, names: readonly string[], work: (rows: AsyncIterable<Row>) => Promise<T>): Promise<T> {
    return this.#connection.read(async (session) => {
      await session.run(`DECLARE copied NO SCROLL CURSOR FOR ${sql}`);
      const result = await work(fetched(session, names));
      await session.run("CLOSE copied");
      return result;
    });
  }
}

async function* fetched(session: PostgresSession, names: readonly string[]): AsyncGenerator<Row> {
  for (;;) {
    const rows = await session.rows<Readonly<Record<string, CopiedCell>>>(`FETCH ${ROWS} FROM copied`);
    if (rows.length === 0) return;
    for (const row of rows) yield names.map((name) => row[name] ?? null);
  }
}

async function assertEmpty(session: PostgresSession): Promise<void> {
  const row = await session.row<{ rooms: number; events: number; tokens: number; hooks: number; positions: number }>(
    `SELECT (SELECT count(*) FROM rooms WHERE room > 0) AS rooms, (SELECT coalesce(sum(head), 0)::bigint FROM heads) AS events,
       (SELECT count(*) FROM tokens) AS tokens, (SELECT count(*) FROM hooks) AS hooks, (SELECT count(*) FROM positions) AS positions`,
  );
  const held = Object.entries(row ?? {}).filter(([, count]) => count > 0);
  if (held.length === 0) return;
  const what = held.map(([name, count]) => `${count} ${name}`).join(", ");
  throw new DyliveError("bad_request", `the database holds ${what} already: give an empty one`);
}

async function metaOf(session: PostgresSession, key: string): Promise<string | null> {
  return (await session.row<{ value: string }>("SELECT value FROM meta WHERE key = $1", key))?.value ?? null;
}

async function insert(session: PostgresSession, table: Table, rows: Iterable<Row>, conflict = ""): Promise<void> {
  const names = Object.keys(table.columns);
  const types = Object.values(table.columns).map((column, at) => `$${at + 1}::${column.split(" ")[0]}[]`);
  const sql = `INSERT INTO ${table.name}(${names.join(", ")}) SELECT * FROM unnest(${types.join(", ")}) ${conflict}`;
  let batch: Row[] = [];
  const send = async () => {
    if (batch.length > 0) await session.run(sql, ...cells(batch, names.length));
    batch = [];
  };
  for (const row of rows) {
    batch.push(row);
    if (batch.length >= ROWS) await send();
  }
  await send();
}

/** Returns the SQL by which the numbers that the database gives go on behind the greatest. */
function countOn({ name, columns }: Table): string {
  const [column = ""] = Object.keys(columns);
  return `SELECT setval(pg_get_serial_sequence('${name}', '${column}'), greatest(1, max(${column})), max(${column}) > 0) FROM ${name}`;
}

/** Turns rows into arrays, one for each column. */
function cells(rows: readonly Row[], columns: number): readonly Value[] {
  return Array.from({ length: columns }, (_, at) => rows.map((row) => row[at] ?? null));
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
