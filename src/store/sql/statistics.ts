import type { RoomKey } from "../log.js";
import { emptyTotals, HIDDEN_RECEIVER, type SessionKey, totalsText } from "../statistics.js";
import { consumed, lockConsumers } from "./consumers.js";
import { addedTo, GIVEN } from "./statistics-add.js";
import { statisticsFinder } from "./statistics-find.js";
import { POSITIONS_BEHIND, statisticsReader } from "./statistics-read.js";
import { type Dialect, row, run, type SqlDatabase, type SqlWork } from "./work.js";

/**
 * Statistics of every broadcast, made from the log (`sql/derived.ts`). They outlive the events: a removal (retention) takes nothing away.
 * Events that are replaced (erase, redecode) have their broadcasts counted again, from what is then kept.
 */
export type Statistics = ReturnType<typeof sqlStatistics>;

/** Returns the statistics of a database's rooms. */
export function sqlStatistics(database: SqlDatabase) {
  const { dialect, ask, lane } = database;
  const write = lane();
  return {
    ...statisticsReader(database),
    ...statisticsFinder(database),
    /** Returns the position up to which all rooms are counted. */
    position: (): Promise<number> =>
      ask(function* () {
        return (yield* consumed()).statistics;
      }),
    /** Returns how many positions of the log are still to be counted, those of broadcasts that are counted again included. */
    behind: (): Promise<number> =>
      ask(function* () {
        const again = "coalesce((SELECT CAST(sum(until - back) AS BIGINT) FROM statistics_sessions WHERE back < until), 0)";
        return (yield* row<{ behind: number }>(`SELECT ${POSITIONS_BEHIND} + ${again} AS behind`))?.behind ?? 0;
      }),
    /**
     * Takes a person out of what was counted of events that are no longer kept, from which nothing is counted again: their rows go, or stay under
     * another id; their gifts become those of hidden people.
     * @param as the id that stands for them; null for none
     */
    forget: (userId: string, as: string | null): Promise<void> =>
      write(function* () {
        yield* lockConsumers();
        yield* forgetPerson(dialect, userId, as);
      }),
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
        yield* lockConsumers();
        const lastAt = dialect.jsonNumber("totals", "lastAt");
        yield* run(`UPDATE statistics_sessions SET seen_at = $2 WHERE room = $1 AND seen_at IS NULL AND ${lastAt} > $2`, room, now);
        const gone = yield* row<{ n: number; sessionId: SessionKey }>(
          `DELETE FROM statistics_sessions WHERE n = (SELECT n FROM statistics_sessions
             WHERE room = $1 AND back >= until AND CASE WHEN ${lastAt} > $3 THEN seen_at ELSE ${lastAt} END < $2 ORDER BY n LIMIT 1)
             RETURNING n, session_id AS "sessionId"`,
          ...[room, before, now],
        );
        if (gone === undefined) return false;
        yield* bury(gone.n);
        yield* run("INSERT INTO statistics_dropped(room, session_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", room, gone.sessionId);
        return true;
      }),
  };
}

/**
 * Drops the statistics of a broadcast of a room up to a seq, or of all that the room has.
 * @param sessionId empty: the whole room
 * @returns how many broadcasts had some
 */
export function* dropStatistics(room: RoomKey, sessionId: string, until: number): SqlWork<number> {
  yield* lockConsumers();
  const named = sessionId === "" ? [] : [sessionId];
  const which = (at: number) => (sessionId === "" ? "" : `AND session_id = $${at}`);
  yield* run(`DELETE FROM statistics_dropped WHERE room = $1 ${which(2)}`, room, ...named);
  const meant = `FROM statistics_sessions WHERE room = $1 AND last_seq <= $2 ${which(3)}`;
  yield* run(`INSERT INTO statistics_dead(n) SELECT n ${meant}`, room, until, ...named);
  return yield* run(`DELETE ${meant}`, room, until, ...named);
}

/**
 * Forgets what was counted of a broadcast, in the transaction that replaces events of it: what is kept of it is counted again, and the seqs from
 * `from` to `to` with it. The consumers are locked.
 */
export function* resetSession(room: RoomKey, sessionId: SessionKey, from: number, to: number): SqlWork<void> {
  const known = yield* row<{ n: number; first: number; last: number }>(
    `DELETE FROM statistics_sessions WHERE room = $1 AND session_id = $2 RETURNING n, first_seq AS "first", last_seq AS "last"`,
    ...[room, sessionId],
  );
  if (known !== undefined) yield* bury(known.n);
  yield* makeSession(room, sessionId, Math.min(known?.first ?? from, from), Math.max(known?.last ?? to, to), true);
}

/** Leaves the rows of a broadcast to be deleted. */
function* bury(n: number): SqlWork<void> {
  yield* run("INSERT INTO statistics_dead(n) VALUES ($1)", n);
}

/** Makes a broadcast's row. @param again whether its events are still to be counted, all of them */
export function* makeSession(room: RoomKey, sessionId: SessionKey, first: number, last: number, again: boolean): SqlWork<number> {
  const dropped = yield* row("SELECT 1 FROM statistics_dropped WHERE room = $1 AND session_id = $2", room, sessionId);
  const made = yield* row<{ n: number }>(
    `INSERT INTO statistics_sessions(room, session_id, partial, first_seq, last_seq, back, until, totals)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING n`,
    ...[room, sessionId, dropped === undefined ? 0 : 1, first, last, again ? first - 1 : 0, again ? last : 0, totalsText(emptyTotals())],
  );
  return made?.n ?? 0;
}

/** Takes a person out of all statistics, as `Statistics.forget` says. */
function* forgetPerson(dialect: Dialect, userId: string, as: string | null): SqlWork<void> {
  const people = "statistics_people";
  if (as !== null) {
    yield* run(`DELETE FROM ${people} WHERE user_id = $2 AND n IN (SELECT n FROM ${people} WHERE user_id = $1)`, userId, as);
    yield* run(`UPDATE ${people} SET user_id = $2, name = $2 WHERE user_id = $1`, userId, as);
  } else yield* run(`DELETE FROM ${people} WHERE user_id = $1`, userId);
  // What the ranks said of them goes in either case: no other row has it to be added to.
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
