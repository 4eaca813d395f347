import type { Database } from "better-sqlite3";
import type { RoomKey } from "../log.js";
import { type Among, type Positions, surplus } from "../positions.js";
import type { SqliteConnection } from "./connection.js";

function statementsOf(database: Database) {
  return {
    get: database.prepare<[string, RoomKey], number>("SELECT seq FROM positions WHERE reader = ? AND room = ?").pluck(),
    move: database.prepare<[number, number, string, RoomKey]>("UPDATE positions SET seq = ?, moved_at = ? WHERE reader = ? AND room = ?"),
    add: database.prepare<[string, RoomKey, number, number]>("INSERT INTO positions(reader, room, seq, moved_at) VALUES (?, ?, ?, ?)"),
    count: database.prepare<[string, string], number>("SELECT count(*) FROM positions WHERE reader >= ? AND reader < ?").pluck(),
    shed: database.prepare<[string, string, string, RoomKey, number]>(
      `DELETE FROM positions WHERE (reader, room) IN (
         SELECT reader, room FROM positions WHERE reader >= ? AND reader < ? AND NOT (reader = ? AND room = ?) ORDER BY moved_at LIMIT ?)`,
    ),
    forget: database.prepare<[string]>("DELETE FROM positions WHERE reader = ?"),
    forgetAll: database.prepare<[string, string, string]>("DELETE FROM positions WHERE reader >= ? AND substr(reader, 1, length(?)) = ?"),
  };
}

/** Positions of readers, in SQLite. Writes share the log's transactions. */
export class SqlitePositions implements Positions {
  readonly #connection: SqliteConnection;
  readonly #sql: ReturnType<typeof statementsOf>;
  #movedAt = 0;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    this.#sql = statementsOf(connection.database);
  }

  get(reader: string, room: RoomKey): Promise<number | null> {
    return this.#connection.read(() => this.#sql.get.get(reader, room) ?? null);
  }

  set(reader: string, room: RoomKey, seq: number, among?: Among): Promise<void> {
    return this.#connection.write(() => {
      const now = this.#next();
      if (this.#sql.move.run(seq, now, reader, room).changes > 0) return;
      this.#sql.add.run(reader, room, seq, now);
      if (among === undefined) return;
      const range = [among.prefix, behind(among.prefix)] as const;
      const many = surplus(this.#sql.count.get(...range) ?? 0, among);
      if (many > 0) this.#sql.shed.run(...range, reader, room, many);
    });
  }

  /** Returns now, ms UTC, or a little later, so that it tells which of two was first. */
  #next(): number {
    this.#movedAt = Math.max(this.#connection.clock.now(), this.#movedAt + 1);
    return this.#movedAt;
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

/** Returns the first text behind all that begin with this one. */
function behind(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}
