import { DyliveError } from "../../runtime/errors.js";
import type { RoomKey } from "../log.js";
import type { Session, Sessions } from "../sessions.js";
import { row, rows, run, type SqlDatabase, type Work } from "./work.js";

const SELECT = `SELECT room, session_id AS "sessionId", title, opened_at AS "openedAt", ended_at AS "endedAt", end_reason AS "endReason"
  FROM sessions WHERE room = $1`;
const NEWEST_FIRST = "ORDER BY opened_at DESC, n DESC LIMIT $2";

/** Returns the broadcasts of a database's rooms. */
export function sqlSessions({ dialect, ask, lane }: SqlDatabase): Sessions {
  const write = lane();
  const get = (room: RoomKey, sessionId: string) => ask(() => find(room, sessionId));
  return {
    open: async (room, sessionId, at, title = null) => {
      // Mostly it is open already: then nobody has to wait for anybody.
      const known = await get(room, sessionId);
      if (known !== null && (title === null || known.title !== null)) return known;
      return write(function* () {
        // Whoever else opens a broadcast of the room waits for this one.
        const locked = yield* row(`SELECT room FROM rooms WHERE room = $1 ${dialect.forUpdate}`, room);
        if (locked === undefined) throw new DyliveError("not_found", `there is no room ${room}`);
        if ((yield* find(room, sessionId)) === null) {
          yield* run("UPDATE sessions SET ended_at = $2, end_reason = 'replaced' WHERE room = $1 AND ended_at IS NULL", room, at);
          yield* run("INSERT INTO sessions(room, session_id, title, opened_at) VALUES ($1, $2, $3, $4)", room, sessionId, title, at);
        } else if (title !== null) {
          yield* run("UPDATE sessions SET title = $3 WHERE room = $1 AND session_id = $2 AND title IS NULL", room, sessionId, title);
        }
        const opened = yield* find(room, sessionId);
        if (opened === null) throw new DyliveError("internal", `session ${room}/${sessionId} was not kept`);
        return opened;
      });
    },
    end: (room, sessionId, at, reason) =>
      write(function* () {
        const sql = "UPDATE sessions SET ended_at = $3, end_reason = $4 WHERE room = $1 AND session_id = $2 AND ended_at IS NULL";
        yield* run(sql, room, sessionId, at, reason);
      }),
    list: (room, limit, before) =>
      ask(() =>
        before === undefined
          ? rows<Session>(`${SELECT} ${NEWEST_FIRST}`, room, limit)
          : rows<Session>(
              `${SELECT} AND (opened_at, n) < (SELECT opened_at, n FROM sessions WHERE room = $1 AND session_id = $3) ${NEWEST_FIRST}`,
              ...[room, limit, before],
            ),
      ),
    get,
  };
}

function* find(room: RoomKey, sessionId: string): Work<Session | null> {
  return (yield* row<Session>(`${SELECT} AND session_id = $2`, room, sessionId)) ?? null;
}
