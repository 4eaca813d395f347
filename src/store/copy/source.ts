import { existsSync } from "node:fs";
import type Database from "better-sqlite3";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { RoomKey } from "../log.js";
import type { SqlTable } from "../sql/tables.js";
import { openDatabase } from "../sqlite/driver.js";
import { assertOurs, MIGRATIONS } from "../sqlite/migrate.js";

/** Types in PostgreSQL of an event's columns as both engines keep it, but for its room. `id` comes first: it tells the day. */
export const EVENT_COLUMNS = {
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
export type CopiedRow = readonly CopiedCell[];

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
      if (assertOurs(this.#database) < MIGRATIONS.length)
        throw new DyliveError(
          "bad_config",
          msg`${path} was written by an older dylive: run \`dylive check\` once, which brings it up to date`,
        );
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

  /** Returns the value that is kept under a name beside the tables; null when there is none. */
  meta(key: string): string | null {
    return this.#database.prepare<[string], string>("SELECT value FROM meta WHERE key = ?").pluck().get(key) ?? null;
  }

  /** Returns the greatest number that was given to a row of a table, also of rows that are gone; 0 when none was. */
  given({ name }: SqlTable): number {
    return this.#database.prepare<[string], number>("SELECT seq FROM sqlite_sequence WHERE name = ?").pluck().get(name) ?? 0;
  }

  /** Returns the newest position. */
  get head(): number {
    return this.#database.prepare<[], number>("SELECT pos FROM log_head").pluck().get() ?? 0;
  }

  /** Returns the position up to which the statistics are counted. */
  get counted(): number {
    return this.#database.prepare<[], number>("SELECT pos FROM consumers WHERE name = 'statistics'").pluck().get() ?? 0;
  }

  heads(): readonly SourceHead[] {
    return this.#database
      .prepare<[], SourceHead>(
        `SELECT room, head, epoch, (SELECT count(*) FROM events e WHERE e.room = h.room) AS kept
         FROM heads h ORDER BY room`,
      )
      .all();
  }

  /** Returns how many events of a room are kept up to a seq. */
  keptUpTo(room: RoomKey, seq: number): number {
    const sql = "SELECT count(*) FROM events WHERE room = ? AND seq <= ?";
    return this.#database.prepare<[number, number], number>(sql).pluck().get(room, seq) ?? 0;
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
export function copiedRows({ name, columns, keys, sums = [], copied = "true" }: SqlTable): string {
  const names = Object.keys(columns);
  const list = names.map((column) => (sums.includes(column) ? `CAST(${column} AS TEXT)` : column));
  return `SELECT ${list.join(", ")} FROM ${name} WHERE ${copied} ORDER BY ${names.slice(0, keys).join(", ")}`;
}

/** Returns an event's row with its boolean, which SQLite keeps as 0 or 1. */
function eventRow(row: CopiedRow): CopiedRow {
  const settled = row[SETTLED] ?? null;
  return settled === null ? row : row.with(SETTLED, settled !== 0);
}
