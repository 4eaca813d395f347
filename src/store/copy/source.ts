import { existsSync } from "node:fs";
import Database from "better-sqlite3";
import { DyliveError } from "../../runtime/errors.js";
import type { RoomKey } from "../log.js";
import { assertOurs, MIGRATIONS } from "../sqlite/migrate.js";
import { MAX_SEQ, posOf } from "../sqlite/pos.js";
import { type ColumnType, EVENT_COLUMNS, type Row, type Table } from "./tables.js";

/** End of a room's log, and how much of it is kept. */
export interface SourceHead {
  readonly room: RoomKey;
  readonly head: number;
  readonly epoch: number;
  /** Events that are kept. */
  readonly kept: number;
}

/** SQLite store as it was at one moment, opened for reading only. */
export class SqliteSource {
  readonly #database: Database.Database;
  readonly #events: Database.Statement<[number, number, number], Row>;

  /** Opens the store. @throws DyliveError bad_config when there is none, it is not ours, or is of another version of dylive */
  constructor(path: string) {
    if (!existsSync(path)) throw new DyliveError("bad_config", `there is no store at ${path}`);
    this.#database = new Database(path, { readonly: true, fileMustExist: true });
    try {
      if (assertOurs(this.#database) < MIGRATIONS.length)
        throw new DyliveError(
          "bad_config",
          `${path} was written by an older dylive: run \`dylive check\` once, which brings it up to date`,
        );
      this.#database.exec("BEGIN");
      this.#events = this.#database.prepare<[number, number, number], Row>(
        `SELECT ${selectList(EVENT_COLUMNS)} FROM events WHERE pos > ? AND pos <= ? ORDER BY pos LIMIT ?`,
      );
      this.#events.raw();
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** Returns the value that is kept under a name beside the tables; null when there is none. */
  meta(key: string): string | null {
    return this.#database.prepare<[string], string>("SELECT value FROM meta WHERE key = ?").pluck().get(key) ?? null;
  }

  /** Returns the times before which events of rooms were removed. */
  horizons(): readonly { readonly room: RoomKey; readonly time: number }[] {
    return this.#database
      .prepare<[], { room: RoomKey; time: number }>(
        "SELECT CAST(substr(key, 9) AS INTEGER) AS room, CAST(value AS INTEGER) AS time FROM meta WHERE key LIKE 'horizon:%'",
      )
      .all();
  }

  heads(): readonly SourceHead[] {
    return this.#database
      .prepare<[], SourceHead>(
        `SELECT room, head, epoch, (SELECT count(*) FROM events e WHERE e.pos > h.room << 32 AND e.pos <= (h.room << 32) + ${MAX_SEQ}) AS kept
         FROM heads h ORDER BY room`,
      )
      .all();
  }

  /** Returns how many events of a room are kept up to a seq. */
  keptUpTo(room: RoomKey, seq: number): number {
    const sql = "SELECT count(*) FROM events WHERE pos > ? AND pos <= ?";
    return this.#database.prepare<[number, number], number>(sql).pluck().get(posOf(room, 0), posOf(room, seq)) ?? 0;
  }

  /** Returns the next events of a room, oldest first; cells as {@link EVENT_COLUMNS}. */
  events(room: RoomKey, after: number, limit: number): readonly Row[] {
    return this.#events.all(posOf(room, after), posOf(room, MAX_SEQ), limit).map((row) => booleans(row, EVENT_COLUMNS));
  }

  /** Yields the rows of a table, in the order of its primary key. */
  *rows(table: Table): Generator<Row> {
    const statement = this.#database.prepare<[], Row>(sourceSql(table)).raw();
    for (const row of statement.iterate()) yield booleans(row, table.columns);
  }

  close(): void {
    this.#database.close();
  }
}

function sourceSql({ name, columns, keys, where = "true" }: Table): string {
  const order = Object.keys(columns).slice(0, keys).join(", ");
  return `SELECT ${selectList(columns)} FROM ${name} WHERE ${where} ORDER BY ${order}`;
}

/** Returns the columns as a SELECT lists them. Ids of events may be integers beyond what a number of JavaScript holds, as sums may. */
function selectList(columns: Readonly<Record<string, ColumnType>>): string {
  return Object.entries(columns)
    .map(([name, type]) => (type === "text" || type === "sum" ? `CAST(${name} AS TEXT)` : name))
    .join(", ");
}

function booleans(row: Row, columns: Readonly<Record<string, ColumnType>>): Row {
  const types = Object.values(columns);
  return row.map((cell, at) => (types[at] === "boolean" && cell !== null ? cell !== 0 : cell));
}
