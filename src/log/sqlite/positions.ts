import type { Database } from "better-sqlite3";
import type { RoomKey } from "../log.js";
import type { Positions } from "../positions.js";
import type { Connection } from "./connection.js";

function statementsOf(database: Database) {
  return {
    get: database.prepare<[string, RoomKey], number>("SELECT seq FROM positions WHERE reader = ? AND room = ?").pluck(),
    set: database.prepare<[string, RoomKey, number]>(
      "INSERT INTO positions(reader, room, seq) VALUES (?, ?, ?) ON CONFLICT(reader, room) DO UPDATE SET seq = excluded.seq",
    ),
    forget: database.prepare<[string]>("DELETE FROM positions WHERE reader = ?"),
    forgetAll: database.prepare<[string, string, string]>("DELETE FROM positions WHERE reader >= ? AND substr(reader, 1, length(?)) = ?"),
  };
}

/** How far each reader has come, in SQLite. Writes share the log's transactions. */
export class SqlitePositions implements Positions {
  readonly #connection: Connection;
  readonly #sql: ReturnType<typeof statementsOf>;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#sql = statementsOf(connection.database);
  }

  get(reader: string, room: RoomKey): Promise<number | null> {
    return this.#connection.read(() => this.#sql.get.get(reader, room) ?? null);
  }

  set(reader: string, room: RoomKey, seq: number): Promise<void> {
    return this.#connection.write(() => {
      this.#sql.set.run(reader, room, seq);
    });
  }

  forget(reader: string): Promise<void> {
    return this.#connection.write(() => {
      this.#sql.forget.run(reader);
    });
  }

  forgetAll(prefix: string): Promise<void> {
    return this.#connection.write(() => {
      this.#sql.forgetAll.run(prefix, prefix, prefix);
    });
  }
}
