import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { RoomKey } from "../log.js";
import { assertChanged } from "./rooms.js";
import { dropStatistics } from "./statistics.js";
import { row, rows, run, type SqlDatabase, type SqlWork } from "./work.js";

/** Deletion of a room, or of one of its broadcasts. It is kept when it has come to its end: files on other disks are found by it. */
export interface Deletion {
  readonly n: number;
  readonly room: RoomKey;
  /** room_id of the broadcast; null: the whole room. */
  readonly sessionId: string | null;
  /** The room's newest seq when it began: what is stored later is not meant. */
  readonly until: number;
  /** Time when it began, ms UTC. */
  readonly at: number;
  /** Broadcasts of which statistics were kept when it began. */
  readonly sessions: number;
}

const COLUMNS = `n, room, nullif(session_id, '') AS "sessionId", until_seq AS "until", at, sessions`;
const SELECT = `SELECT ${COLUMNS} FROM deletions`;

/** Deletions of rooms and broadcasts. */
export type Deletions = ReturnType<typeof sqlDeletions>;

/** Returns the deletions of a database. */
export function sqlDeletions({ clock, dialect, ask, lane }: SqlDatabase) {
  const write = lane();
  function* begin(room: RoomKey, sessionId: string, until: number): SqlWork<Deletion> {
    // What is on its way to hooks is made again from what is left.
    yield* run("DELETE FROM hook_batches WHERE room = $1", room);
    // Receivers may have answered with what they were sent; a key in quotes stands in no text of a JSON.
    yield* run(`DELETE FROM hook_tries WHERE ${dialect.position}(body, $1) > 0`, `"room":${room},`);
    // In the same step: no figures of what is gone are seen, and what is counted from here on is of what comes later.
    const sessions = yield* dropStatistics(room, sessionId, until);
    const made = yield* row<Deletion>(
      `INSERT INTO deletions(room, session_id, until_seq, at, sessions) VALUES ($1, $2, $3, $4, $5) RETURNING ${COLUMNS}`,
      ...[room, sessionId, until, clock.now(), sessions],
    );
    if (made === undefined) throw new DyliveError("internal", msg`the deletion of room ${room} was not kept`);
    return made;
  }
  return {
    /**
     * Begins to delete a room, in one step: from then on no name leads to it, it is not collected, and nothing more is stored in it. Its
     * events, statistics and recordings are still to be removed (`retention/deletion`).
     * @throws DyliveError not_found
     */
    ofRoom: (room: RoomKey): Promise<Deletion> =>
      write(function* () {
        // The head first, as appends and claims do: the owner of the room is fenced, and below 0 appends without a claim are, too.
        const mark = yield* row<{ head: number }>(
          "UPDATE heads SET epoch = -1 - epoch WHERE room = $1 AND room > 0 AND epoch >= 0 RETURNING head",
          room,
        );
        const gone = yield* run(
          `UPDATE rooms SET watched = -1, web_rid = NULL, title = NULL, anchor_id = NULL, anchor_sec_uid = NULL, anchor_nickname = NULL,
             anchor_avatar = NULL, settings = '{}', resume = NULL WHERE room = $1 AND room > 0 AND watched >= 0`,
          room,
        );
        assertChanged(room, gone);
        for (const table of ["aliases", "room_reports", "retention", "sessions"]) yield* run(`DELETE FROM ${table} WHERE room = $1`, room);
        return yield* begin(room, "", mark?.head ?? 0);
      }),
    /**
     * Begins to delete a broadcast, in one step: from then on it has no name and no statistics, and its events are not shown (`Log.read`,
     * `Search.find`). What comes of it later is stored, and counted, as of one that begins then.
     * @throws DyliveError not_found
     */
    ofSession: (room: RoomKey, sessionId: string): Promise<Deletion> =>
      write(function* () {
        const mark = yield* row<{ head: number }>(`SELECT head FROM heads WHERE room = $1 ${dialect.forUpdate}`, room);
        const gone = yield* run("DELETE FROM sessions WHERE room = $1 AND session_id = $2", room, sessionId);
        if (gone === 0) throw new DyliveError("not_found", msg`room ${room} has no broadcast ${sessionId.slice(0, 64)}`);
        yield* run("DELETE FROM aliases WHERE room = $1 AND kind = 'room_id' AND value = $2", room, sessionId);
        return yield* begin(room, sessionId, mark?.head ?? 0);
      }),
    /** Returns the deletions that have not come to their end, oldest first. */
    open: (): Promise<readonly Deletion[]> => ask(() => rows<Deletion>(`${SELECT} WHERE ended_at IS NULL ORDER BY n`)),
    /** Returns all deletions of a room and of its broadcasts, oldest first. */
    of: (room: RoomKey): Promise<readonly Deletion[]> => ask(() => rows<Deletion>(`${SELECT} WHERE room = $1 ORDER BY n`, room)),
    /** Returns those of these rooms that were deleted. */
    ofRooms: (among: readonly RoomKey[]): Promise<ReadonlySet<RoomKey>> =>
      ask(function* () {
        const sql = `SELECT DISTINCT room FROM deletions WHERE session_id = '' AND room ${dialect.among("$1", "bigint")}`;
        return new Set((yield* rows<{ room: RoomKey }>(sql, among)).map(({ room }) => room));
      }),
    /** Returns those of these broadcasts that were deleted, and of which nothing has come since. @param among their room_ids */
    ofSessions: (among: readonly string[]): Promise<ReadonlySet<string>> =>
      ask(function* () {
        const sql = `SELECT DISTINCT session_id AS id FROM deletions WHERE session_id ${dialect.among("$1", "text")} 
          AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.room = deletions.room AND s.session_id = deletions.session_id)
          AND NOT EXISTS (SELECT 1 FROM aliases a WHERE a.kind = 'room_id' AND a.value = deletions.session_id)`;
        return new Set((yield* rows<{ id: string }>(sql, among)).map(({ id }) => id));
      }),
    /** Returns the deletions of broadcasts that began after the one of this number, and the newest number; null: none, to begin with. */
    ofSessionsSince: (n: number | null): Promise<{ readonly n: number; readonly found: readonly Deletion[] }> =>
      ask(function* () {
        const last = (yield* row<{ n: number | null }>("SELECT max(n) AS n FROM deletions"))?.n ?? 0;
        if (n === null || last <= n) return { n: last, found: [] };
        return { n: last, found: yield* rows<Deletion>(`${SELECT} WHERE n > $1 AND n <= $2 AND session_id <> '' ORDER BY n`, n, last) };
      }),
    /** Notes that a deletion has come to its end. */
    end: ({ n, room, sessionId, until }: Deletion): Promise<void> =>
      write(function* () {
        // What an erasure that came in between had counted again.
        yield* dropStatistics(room, sessionId ?? "", until);
        yield* run("UPDATE deletions SET ended_at = $2 WHERE n = $1 AND ended_at IS NULL", n, clock.now());
      }),
  };
}
