import type { Database } from "better-sqlite3";
import { DyliveError } from "../../runtime/errors.js";
import type { RoomKey } from "../log.js";
import type { Session, Sessions } from "../sessions.js";
import type { SqliteConnection } from "./connection.js";

const COLUMNS = "room, session_id AS sessionId, title, opened_at AS openedAt, ended_at AS endedAt, end_reason AS endReason";

function statementsOf(database: Database) {
  return {
    get: database.prepare<[RoomKey, string], Session>(`SELECT ${COLUMNS} FROM sessions WHERE room = ? AND session_id = ?`),
    list: database.prepare<[RoomKey, number], Session>(
      `SELECT ${COLUMNS} FROM sessions WHERE room = ? ORDER BY opened_at DESC, n DESC LIMIT ?`,
    ),
    open: database.prepare<[RoomKey, string, string | null, number]>(
      "INSERT INTO sessions(room, session_id, title, opened_at) VALUES (?, ?, ?, ?)",
    ),
    name: database.prepare<[string, RoomKey, string]>("UPDATE sessions SET title = ? WHERE room = ? AND session_id = ? AND title IS NULL"),
    replaceOpen: database.prepare<[number, RoomKey]>(
      "UPDATE sessions SET ended_at = ?, end_reason = 'replaced' WHERE room = ? AND ended_at IS NULL",
    ),
    end: database.prepare<[number, string, RoomKey, string]>(
      "UPDATE sessions SET ended_at = ?, end_reason = ? WHERE room = ? AND session_id = ? AND ended_at IS NULL",
    ),
  };
}

/** Broadcasts of every room in SQLite. */
export class SqliteSessions implements Sessions {
  readonly #connection: SqliteConnection;
  readonly #sql: ReturnType<typeof statementsOf>;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    this.#sql = statementsOf(connection.database);
  }

  open(room: RoomKey, sessionId: string, at: number, title: string | null = null): Promise<Session> {
    return this.#connection.write(() => {
      if (this.#sql.get.get(room, sessionId) === undefined) {
        this.#sql.replaceOpen.run(at, room);
        this.#sql.open.run(room, sessionId, title, at);
      } else if (title !== null) {
        this.#sql.name.run(title, room, sessionId);
      }
      const session = this.#sql.get.get(room, sessionId);
      if (session === undefined) throw new DyliveError("internal", `session ${room}/${sessionId} was not kept`);
      return session;
    });
  }

  end(room: RoomKey, sessionId: string, at: number, reason: string): Promise<void> {
    return this.#connection.write(() => {
      this.#sql.end.run(at, reason, room, sessionId);
    });
  }

  list(room: RoomKey, limit: number): Promise<readonly Session[]> {
    return this.#connection.read(() => this.#sql.list.all(room, limit));
  }

  get(room: RoomKey, sessionId: string): Promise<Session | null> {
    return this.#connection.read(() => this.#sql.get.get(room, sessionId) ?? null);
  }
}
