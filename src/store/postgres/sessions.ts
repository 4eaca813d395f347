import { DyliveError } from "../../runtime/errors.js";
import type { RoomKey } from "../log.js";
import type { Session as Broadcast, Sessions } from "../sessions.js";
import type { PostgresConnection } from "./connection.js";
import { SerialLane } from "./lane.js";
import type { PostgresSession } from "./session.js";

const SELECT = `SELECT room, session_id AS "sessionId", title, opened_at AS "openedAt", ended_at AS "endedAt", end_reason AS "endReason"
  FROM sessions WHERE room = $1`;

/** Broadcasts of every room in PostgreSQL. */
export class PostgresSessions implements Sessions {
  readonly #connection: PostgresConnection;
  readonly #lane: SerialLane;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
    this.#lane = new SerialLane(connection);
  }

  async open(room: RoomKey, sessionId: string, at: number, title: string | null = null): Promise<Broadcast> {
    // Mostly it is open already: then nobody has to wait for anybody.
    const known = await this.get(room, sessionId);
    if (known !== null && (title === null || known.title !== null)) return known;
    return this.#lane.write(async (session) => {
      // Whoever else opens a broadcast of the room waits for this one.
      const locked = await session.run("SELECT room FROM rooms WHERE room = $1 FOR NO KEY UPDATE", room);
      if (locked === 0) throw new DyliveError("not_found", `there is no room ${room}`);
      if ((await find(session, room, sessionId)) === undefined) {
        await session.run("UPDATE sessions SET ended_at = $2, end_reason = 'replaced' WHERE room = $1 AND ended_at IS NULL", room, at);
        await session.run("INSERT INTO sessions(room, session_id, title, opened_at) VALUES ($1, $2, $3, $4)", room, sessionId, title, at);
      } else if (title !== null) {
        await session.run("UPDATE sessions SET title = $3 WHERE room = $1 AND session_id = $2 AND title IS NULL", room, sessionId, title);
      }
      const opened = await find(session, room, sessionId);
      if (opened === undefined) throw new DyliveError("internal", `session ${room}/${sessionId} was not kept`);
      return opened;
    });
  }

  end(room: RoomKey, sessionId: string, at: number, reason: string): Promise<void> {
    return this.#lane.write(async (session) => {
      await session.run(
        "UPDATE sessions SET ended_at = $3, end_reason = $4 WHERE room = $1 AND session_id = $2 AND ended_at IS NULL",
        room,
        sessionId,
        at,
        reason,
      );
    });
  }

  list(room: RoomKey, limit: number): Promise<readonly Broadcast[]> {
    return this.#connection.ask((session) => session.rows<Broadcast>(`${SELECT} ORDER BY opened_at DESC, n DESC LIMIT $2`, room, limit));
  }

  get(room: RoomKey, sessionId: string): Promise<Broadcast | null> {
    return this.#connection.ask(async (session) => (await find(session, room, sessionId)) ?? null);
  }
}

function find(session: PostgresSession, room: RoomKey, sessionId: string): Promise<Broadcast | undefined> {
  return session.row<Broadcast>(`${SELECT} AND session_id = $2`, room, sessionId);
}
