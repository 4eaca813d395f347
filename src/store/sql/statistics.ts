import type { RoomKey } from "../log.js";
import {
  addTotals,
  emptyTotals,
  HIDDEN_RECEIVER,
  type Progress,
  type SessionDelta,
  type SessionKey,
  totalsOf,
  totalsText,
} from "../statistics.js";
import { addedTo, deltaAdder, GIVEN } from "./statistics-add.js";
import { statisticsFinder } from "./statistics-find.js";
import { staleEvents, statisticsReader } from "./statistics-read.js";
import { type Dialect, row, rows, run, type SqlDatabase, type SqlWork } from "./work.js";

/** Rows of a broadcast that was reset that one call deletes, and broadcasts that one call resets: some milliseconds. */
const SWEEP_ROWS = 2000;
const RESETS = 100;
/** Tables of a broadcast's rows, and their keys beside `n`. */
const PARTS = {
  statistics_minutes: "minute",
  statistics_people: "user_id",
  statistics_gifts: "user_id, receiver_id, gift_id",
  statistics_combos: "combo_id",
  statistics_ranks: "list, user_id",
  statistics_words: "kind, word",
};

const FROM = "FROM heads h LEFT JOIN statistics_rooms r ON r.room = h.room";
const STALE = "EXISTS (SELECT 1 FROM statistics_stale WHERE room = h.room)";
const DEAD = "EXISTS (SELECT 1 FROM statistics_dead WHERE room = h.room)";
const LOOK = `SELECT h.head, coalesce(r.counted, 0) AS counted, coalesce(r.version, 0) AS version, ${STALE} AS stale ${FROM} WHERE h.room = $1`;

interface StatisticsLook {
  readonly head: number;
  readonly counted: number;
  readonly version: number;
  readonly stale: boolean | number;
}

/** Statistics that some events of a room add, by broadcast. They may be added in any order, each exactly once. */
type Delta = ReadonlyMap<SessionKey, SessionDelta>;

/** Task of what is to be counted next of a room: what is new, or a broadcast that was reset. */
interface CountTask {
  readonly room: RoomKey;
  /** Broadcast that was reset; null for everything that is new. */
  readonly sessionId: SessionKey | null;
  /** Seq after which events are counted. */
  readonly after: number;
  /** Last seq that is counted. */
  readonly until: number;
  /** State of the statistics that this task belongs to. */
  readonly version: number;
}

/** Task that was carried out up to `scanned`. */
interface CountedTask {
  readonly task: CountTask;
  readonly scanned: number;
  /** Range on the way whose events were no longer kept, so that they could not be counted. */
  readonly removed?: readonly [from: number, to: number];
  readonly delta: Delta;
}

/**
 * Statistics of every broadcast, computed from the log by a reader (`statistics/`), whose rows and cursor commit together. They outlive the
 * events: a removal (retention) takes nothing away. Events that are replaced (erase, redecode) have their broadcasts counted again, from
 * what is then kept.
 */
export type Statistics = ReturnType<typeof sqlStatistics>;

/** Returns the statistics of a database's rooms. */
export function sqlStatistics(database: SqlDatabase) {
  const { dialect, ask, read, lane } = database;
  const write = lane();
  const add = sessionAdder(dialect);
  // Of broadcasts that are counted again, and of those that will be as soon as they are reset.
  const again = `coalesce((SELECT CAST(sum(s.until - s.back) AS BIGINT) FROM statistics_sessions s WHERE s.room = h.room AND s.back < s.until
        AND NOT EXISTS (SELECT 1 FROM statistics_stale t WHERE t.room = s.room AND t.session_id = s.session_id)), 0)
      + coalesce((SELECT CAST(sum(${staleEvents(dialect)}) AS BIGINT) FROM statistics_stale t
        LEFT JOIN statistics_sessions s ON s.room = t.room AND s.session_id = t.session_id WHERE t.room = h.room), 0)`;
  const stale = `DELETE FROM statistics_stale WHERE room = $1 AND session_id IN (
      SELECT session_id FROM statistics_stale WHERE room = $1 ORDER BY session_id LIMIT ${RESETS}
    ) RETURNING session_id AS "sessionId", from_seq AS "from", to_seq AS "to"`;
  return {
    ...statisticsReader(database),
    ...statisticsFinder(database),
    /** Returns the rooms with something to do. */
    progress: (): Promise<readonly Progress[]> =>
      ask(() =>
        rows(
          `SELECT room, behind FROM (SELECT h.room, h.head - coalesce(r.counted, 0) + ${again} AS behind, ${STALE} OR ${DEAD} AS other ${FROM}) p
           WHERE behind > 0 OR other ORDER BY room`,
        ),
      ),
    /** Returns what is to be counted next; null when everything is. */
    task: async (room: RoomKey): Promise<CountTask | null> => {
      const look = await ask(() => row<StatisticsLook>(LOOK, room));
      if (look?.stale)
        await write(function* () {
          yield* lockRoom(room);
          // Taken away before they are looked at: what is replaced meanwhile makes a row again.
          const found = yield* rows<{ sessionId: string; from: number; to: number }>(stale, room);
          for (const { sessionId, from, to } of found) yield* resetSession(room, sessionId, from, to);
        });
      return read(function* () {
        const { head, counted, version } = (yield* row<StatisticsLook>(LOOK, room)) ?? { head: 0, counted: 0, version: 0 };
        if (counted < head) return { room, sessionId: null, after: counted, until: head, version };
        const again = yield* row<{ sessionId: SessionKey; back: number; until: number }>(
          `SELECT session_id AS "sessionId", back, until FROM statistics_sessions WHERE room = $1 AND back < until ORDER BY n LIMIT 1`,
          room,
        );
        return again === undefined ? null : { room, sessionId: again.sessionId, after: again.back, until: again.until, version };
      });
    },
    /** Deletes some rows of broadcasts that were reset. @returns whether there are more */
    sweep: async (room: RoomKey): Promise<boolean> => {
      const sql = "SELECT n FROM statistics_dead WHERE room = $1 ORDER BY n LIMIT 1";
      // Mostly there is none: then nobody has to wait for anybody.
      if ((await ask(() => row(sql, room))) === undefined) return false;
      return write(function* () {
        const dead = yield* row<{ n: number }>(`${sql} ${dialect.skipLocked}`, room);
        if (dead === undefined) return false;
        const some = (table: string, keys: string) => dialect.some(table, keys, "WHERE n = $1 LIMIT $2");
        for (const [table, keys] of Object.entries(PARTS))
          if ((yield* run(`DELETE FROM ${table} WHERE n = $1 AND ${some(table, keys)}`, dead.n, SWEEP_ROWS)) > 0) return true;
        yield* run("DELETE FROM statistics_dead WHERE n = $1", dead.n);
        return true;
      });
    },
    /** Adds what was counted and moves on, both or neither. @returns false when the task was overtaken: nothing was added */
    commit: ({ task: { room, sessionId, after, until, version }, scanned, removed, delta }: CountedTask): Promise<boolean> =>
      write(function* () {
        const at = yield* lockRoom(room);
        if (at.version !== version) return false;
        if (sessionId === null) {
          if (at.counted !== after) return false;
          if (removed !== undefined) yield* markNewest(room);
          for (const [key, part] of delta) yield* add(room, key, part, removed !== undefined);
          yield* run("UPDATE statistics_rooms SET counted = $2 WHERE room = $1", room, scanned);
          return true;
        }
        const sql = "SELECT n, back FROM statistics_sessions WHERE room = $1 AND session_id = $2";
        const known = yield* row<{ n: number; back: number }>(sql, room, sessionId);
        if (known === undefined || known.back !== after) return false;
        const part = delta.get(sessionId);
        const partial = removed !== undefined && removed[0] <= until;
        if (part !== undefined) yield* add(room, sessionId, part, partial);
        else if (partial) yield* run("UPDATE statistics_sessions SET partial = 1 WHERE n = $1", known.n);
        yield* run("UPDATE statistics_sessions SET back = $2 WHERE n = $1", known.n, Math.min(scanned, until));
        return true;
      }),
    /** Forgets a broadcast's statistics; they are counted again from the log. */
    reset: (room: RoomKey, sessionId: SessionKey): Promise<void> => write(() => resetSession(room, sessionId)),
    /**
     * Takes a person out of what was counted of events that are no longer kept, from which nothing is counted again: their rows go, or stay under
     * another id; their gifts become those of hidden people.
     * @param as the id that stands for them; null for none
     */
    forget: (userId: string, as: string | null): Promise<void> => write(() => forgetPerson(dialect, userId, as)),
    /**
     * Drops the statistics of one broadcast of the room whose last event was before a time, if there is one; they are not counted again: what
     * comes of it later, or is replaced, is counted as a part. A last
     * event whose time is yet to come counts as of when that was first seen here, until another one is counted.
     * @param before platform time, ms UTC
     * @param now ms UTC
     * @returns whether one was dropped
     */
    expire: (room: RoomKey, before: number, now: number): Promise<boolean> =>
      write(function* () {
        yield* lockRoom(room);
        const lastAt = dialect.jsonNumber("totals", "lastAt");
        yield* run(`UPDATE statistics_sessions SET seen_at = $2 WHERE room = $1 AND seen_at IS NULL AND ${lastAt} > $2`, room, now);
        const gone = yield* row<{ n: number; sessionId: SessionKey }>(
          `DELETE FROM statistics_sessions WHERE n = (SELECT n FROM statistics_sessions
             WHERE room = $1 AND back >= until AND CASE WHEN ${lastAt} > $3 THEN seen_at ELSE ${lastAt} END < $2 ORDER BY n LIMIT 1)
             RETURNING n, session_id AS "sessionId"`,
          ...[room, before, now],
        );
        if (gone === undefined) return false;
        yield* bury(room, gone.n);
        yield* run("INSERT INTO statistics_dropped(room, session_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", room, gone.sessionId);
        yield* newVersion(room);
        return true;
      }),
  };
}

/**
 * Drops the statistics of a broadcast of a room up to a seq, or of all that the room has; nothing that was under way for them is added.
 * @param sessionId empty: the whole room, of which nothing is counted any more
 * @returns how many broadcasts had some
 */
export function* dropStatistics(room: RoomKey, sessionId: string, until: number): SqlWork<number> {
  yield* lockRoom(room);
  yield* newVersion(room);
  const which = sessionId === "" ? "" : "AND session_id = $3";
  const values = [room, until, ...(sessionId === "" ? [] : [sessionId])];
  if (sessionId === "") yield* run("UPDATE statistics_rooms SET counted = $2 WHERE room = $1", room, until);
  yield* run(`DELETE FROM statistics_stale WHERE room = $1 AND to_seq <= $2 ${which}`, ...values);
  if (sessionId === "") yield* run("DELETE FROM statistics_dropped WHERE room = $1", room);
  else yield* run("DELETE FROM statistics_dropped WHERE room = $1 AND session_id = $2", room, sessionId);
  yield* run(
    `INSERT INTO statistics_dead(n, room) SELECT n, room FROM statistics_sessions WHERE room = $1 AND last_seq <= $2 ${which}`,
    ...values,
  );
  return yield* run(`DELETE FROM statistics_sessions WHERE room = $1 AND last_seq <= $2 ${which}`, ...values);
}

/** Locks the room's row: others that count or reset something of the room wait. */
function* lockRoom(room: RoomKey): SqlWork<{ readonly counted: number; readonly version: number }> {
  const locked = yield* row<{ counted: number; version: number }>(
    "INSERT INTO statistics_rooms(room) VALUES ($1) ON CONFLICT (room) DO UPDATE SET room = excluded.room RETURNING counted, version",
    room,
  );
  return locked ?? { counted: 0, version: 0 };
}

/** Forgets a broadcast; what is kept of it up to where the room is counted will be counted again, and seqs from `from` to `to` with it. */
function* resetSession(room: RoomKey, sessionId: SessionKey, from = Number.MAX_SAFE_INTEGER, to = 0): SqlWork<void> {
  const { counted } = yield* lockRoom(room);
  const known = yield* row<{ n: number; first: number; last: number }>(
    `DELETE FROM statistics_sessions WHERE room = $1 AND session_id = $2 RETURNING n, first_seq AS "first", last_seq AS "last"`,
    ...[room, sessionId],
  );
  if (known !== undefined) yield* bury(room, known.n);
  const first = Math.min(known?.first ?? Number.MAX_SAFE_INTEGER, from);
  const until = Math.min(Math.max(known?.last ?? 0, to), counted);
  if (first <= until) yield* makeSession(room, sessionId, first, until, true);
  yield* newVersion(room);
  yield* run("DELETE FROM statistics_stale WHERE room = $1 AND session_id = $2", room, sessionId);
}

/** Leaves the rows of a broadcast to be deleted. */
function* bury(room: RoomKey, n: number): SqlWork<void> {
  yield* run("INSERT INTO statistics_dead(n, room) VALUES ($1, $2)", n, room);
}

function* newVersion(room: RoomKey): SqlWork<void> {
  yield* run("UPDATE statistics_rooms SET version = version + 1 WHERE room = $1", room);
}

function* markNewest(room: RoomKey): SqlWork<void> {
  const newest = "SELECT n FROM statistics_sessions WHERE room = $1 ORDER BY last_seq DESC LIMIT 1";
  yield* run(`UPDATE statistics_sessions SET partial = 1 WHERE n = (${newest})`, room);
}

/** Makes a broadcast's row. @param again whether its events are still to be counted, all of them */
function* makeSession(room: RoomKey, sessionId: SessionKey, first: number, last: number, again: boolean): SqlWork<number> {
  const dropped = yield* row("SELECT 1 FROM statistics_dropped WHERE room = $1 AND session_id = $2", room, sessionId);
  const made = yield* row<{ n: number }>(
    `INSERT INTO statistics_sessions(room, session_id, partial, first_seq, last_seq, back, until, totals)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING n`,
    ...[room, sessionId, dropped === undefined ? 0 : 1, first, last, again ? first - 1 : 0, again ? last : 0, totalsText(emptyTotals())],
  );
  return made?.n ?? 0;
}

/** Returns the work that adds a delta to a broadcast. */
function sessionAdder(dialect: Dialect) {
  const { least, greatest } = dialect;
  const addDelta = deltaAdder(dialect);
  const set = `UPDATE statistics_sessions SET first_seq = ${least}(first_seq, $2), last_seq = ${greatest}(last_seq, $3), combos = combos + $4,
    settled = settled + $5, people = people + $6, chatters = chatters + $7, gifters = gifters + $8, totals = $9,
    partial = ${greatest}(partial, $10), seen_at = NULL WHERE n = $1`;
  return function* (room: RoomKey, sessionId: SessionKey, delta: SessionDelta, partial: boolean): SqlWork<void> {
    const sql = "SELECT n, totals FROM statistics_sessions WHERE room = $1 AND session_id = $2";
    const known = yield* row<{ n: number; totals: string }>(sql, room, sessionId);
    const n = known?.n ?? (yield* makeSession(room, sessionId, delta.firstSeq, delta.lastSeq, false));
    const { combos, settled, people, chatters, gifters } = yield* addDelta(n, delta);
    const totals = known === undefined ? emptyTotals() : totalsOf(known.totals);
    addTotals(totals, delta.totals);
    const counts = [combos, settled, people, chatters, gifters];
    yield* run(set, n, delta.firstSeq, delta.lastSeq, ...counts, totalsText(totals), partial ? 1 : 0);
  };
}

/** Takes a person out of all statistics, as `Statistics.forget` says. */
function* forgetPerson(dialect: Dialect, userId: string, as: string | null): SqlWork<void> {
  const people = "statistics_people";
  if (as !== null) {
    yield* run(`DELETE FROM ${people} WHERE user_id = $2 AND n IN (SELECT n FROM ${people} WHERE user_id = $1)`, userId, as);
    yield* run(`UPDATE ${people} SET user_id = $2, name = $2 WHERE user_id = $1`, userId, as);
  } else yield* run(`DELETE FROM ${people} WHERE user_id = $1`, userId);
  // What the ranks said of them goes in either case: nobody else has it to be added to.
  yield* run("DELETE FROM statistics_ranks WHERE user_id = $1", userId);
  const columns = ["user_id", "receiver_id", "gift_id", "gift_name", "gift_seq", "receiver_name", "receiver_seq", ...GIVEN];
  /** Moves gifts to another person, added up where that person has some already. */
  function* move(who: string, to: Readonly<Record<string, string | null>>): SqlWork<void> {
    const names = Object.keys(to);
    const moved = columns.map((name) => (names.includes(name) ? `CAST($${names.indexOf(name) + 2} AS TEXT)` : name));
    yield* run(
      `INSERT INTO statistics_gifts(n, ${columns.join(", ")}) SELECT n, ${moved.join(", ")} FROM statistics_gifts WHERE ${who} = $1
       ON CONFLICT (n, user_id, receiver_id, gift_id) DO UPDATE SET ${addedTo("statistics_gifts", GIVEN, dialect)}`,
      ...[userId, ...Object.values(to)],
    );
    yield* run(`DELETE FROM statistics_gifts WHERE ${who} = $1`, userId);
  }
  yield* move("user_id", { user_id: as ?? "" });
  yield* move("receiver_id", { receiver_id: as ?? HIDDEN_RECEIVER, receiver_name: as });
  // A combo's id is made of ids between dots.
  const named = `${dialect.position}('.' || combo_id || '.', '.' || $1 || '.') > 0`;
  yield* run(
    `INSERT INTO statistics_combos(n, combo_id, settled)
     SELECT n, trim(replace('.' || combo_id || '.', '.' || $1 || '.', '.' || $2 || '.'), '.') AS id, max(settled)
     FROM statistics_combos WHERE ${named} GROUP BY 1, 2 ON CONFLICT (n, combo_id) DO UPDATE SET settled = excluded.settled`,
    ...[userId, as ?? "x"],
  );
  yield* run(`DELETE FROM statistics_combos WHERE ${named}`, userId);
}
