import type { RoomKey } from "../log.js";
import { addTotals, emptyTotals, type SessionDelta, type SessionKey, totalsOf, totalsText } from "../statistics.js";
import type { StoredEvent } from "../stored-event.js";
import { type Consumed, consumed, lockConsumers } from "./consumers.js";
import { type EventTable, pageReader } from "./log.js";
import type { SearchIndex } from "./search.js";
import { makeSession } from "./statistics.js";
import { deltaAdder } from "./statistics-add.js";
import { type Dialect, row, rows, run, type SqlDatabase, type SqlWork } from "./work.js";

/** Most events of one step, and as how many each room of them counts: SQLite's write lock is held for them for up to some 100 ms. */
const STEP_EVENTS = 2000;
const ROOM_EVENTS = 2;
/** Rows of broadcasts that were reset that one step deletes, and broadcasts that it looks at. */
const SWEEP_ROWS = 2000;
const SWEEP_SESSIONS = 100;
/** Tables of a broadcast's rows, and their keys beside `n`. */
const PARTS = {
  statistics_minutes: "minute",
  statistics_people: "user_id",
  statistics_gifts: "user_id, receiver_id, gift_id",
  statistics_combos: "combo_id",
  statistics_ranks: "list, user_id",
  statistics_words: "kind, word",
};

/** Sums up what events add to the statistics of their broadcasts, as `statistics/fold` does. */
type Fold = (rows: readonly StoredEvent[]) => readonly SessionDelta[];

/** Data that is derived from the log: statistics and the search index, both by one pass over the new events of all rooms. */
export interface Derived {
  /**
   * Takes the next step: reads the next events of all rooms once, and commits what they add to statistics and index together with the
   * consumers' positions. Where no events wait, it counts some of a broadcast again whose events were replaced, or deletes rows of its former
   * statistics. A step that fails has done nothing.
   * @returns whether there may be more to do
   */
  advance(fold: Fold): Promise<boolean>;
}

/** Returns the derived data of a database. */
export function sqlDerived({ dialect, ask, read, lane }: SqlDatabase, table: EventTable, index: SearchIndex): Derived {
  const write = lane();
  const { all, page } = pageReader(dialect, table);
  const add = sessionAdder(dialect);
  const look = `SELECT pos > (SELECT min(pos) FROM consumers) AS behind, EXISTS (SELECT 1 FROM statistics_sessions WHERE back < until) AS again,
    EXISTS (SELECT 1 FROM statistics_dead) AS dead FROM log_head`;

  /** Reads the events after the positions of the consumers, and makes of them what is to be added. */
  function* next(at: Consumed, fold: Fold) {
    const found = yield* all(Math.min(at.search, at.statistics), STEP_EVENTS, { deleted: true });
    const rooms = new Set<RoomKey>();
    const end = found.rows.findIndex(({ room }, n) => n + ROOM_EVENTS * rooms.add(room).size > STEP_EVENTS);
    const taken = end < 0 ? found.rows : found.rows.slice(0, end);
    const scanned = end < 0 ? found.scanned : (taken.at(-1)?.pos ?? 0);
    const deletions = yield* rows<{ room: RoomKey; sessionId: string; until: number }>(
      `SELECT room, session_id AS "sessionId", until_seq AS "until" FROM deletions WHERE ended_at IS NULL`,
    );
    const counted = taken.filter(
      ({ room, seq, pos, sessionId }) =>
        pos > at.statistics && !deletions.some((one) => one.room === room && one.until >= seq && ["", sessionId].includes(one.sessionId)),
    );
    const lost = found.removed.filter(({ pos }) => pos > at.statistics && pos <= scanned).map(({ room }) => room);
    const indexed = taken.filter(({ room, pos }) => room > 0 && pos > at.search);
    return { indexed, deltas: fold(counted), lost: new Set(lost), scanned, isLast: scanned >= found.head };
  }

  /** Takes in the next events. After a copy of the store the index begins anew, and statistics wait for it. @returns whether there are more */
  async function pass(fold: Fold): Promise<boolean> {
    // Made before anything is locked; anew, when another call has locked the consumers since.
    const before = await read(function* () {
      const at = yield* consumed();
      return { locks: at.locks, made: yield* next(at, fold) };
    });
    return write(function* () {
      const at = yield* lockConsumers();
      const { indexed, deltas, lost, scanned, isLast } = at.locks === before.locks + 1 ? before.made : yield* next(at, fold);
      yield* index.add(indexed);
      for (const room of lost) yield* markNewest(room);
      for (const delta of deltas) yield* add(delta, lost.has(delta.room));
      yield* run("UPDATE consumers SET pos = $1 WHERE pos < $1", scanned);
      return !isLast;
    });
  }

  /** Counts some events of a broadcast again; a reset meanwhile has made another row of it, and none is added. */
  async function recount(fold: Fold): Promise<void> {
    const task = await ask(() =>
      row<{ n: number; room: RoomKey; sessionId: SessionKey; back: number; until: number }>(
        `SELECT n, room, session_id AS "sessionId", back, until FROM statistics_sessions WHERE back < until ORDER BY n LIMIT 1`,
      ),
    );
    if (task === undefined) return;
    const { n, room, sessionId, back, until } = task;
    // Events of no broadcast cannot be asked for by it.
    const found = await read(() => page(room, back, STEP_EVENTS, sessionId === "" ? {} : { sessionId }, "ASC"));
    const isPartial = found.removed !== undefined && found.removed[0] <= until;
    const deltas = fold(found.rows.filter((one) => one.seq <= until && (one.sessionId ?? "") === sessionId));
    await write(function* () {
      yield* lockConsumers();
      const set = `back = $3, partial = ${dialect.greatest}(partial, $4)`;
      const moved = yield* run(
        `UPDATE statistics_sessions SET ${set} WHERE n = $1 AND back = $2`,
        ...[n, back, Math.min(found.scanned, until), isPartial ? 1 : 0],
      );
      if (moved > 0) for (const delta of deltas) yield* add(delta, false);
    });
  }

  /** Deletes some rows of broadcasts that were reset. */
  function* sweep(): SqlWork<void> {
    yield* lockConsumers();
    const dead = (yield* rows<{ n: number }>(`SELECT n FROM statistics_dead ORDER BY n LIMIT ${SWEEP_SESSIONS}`)).map(({ n }) => n);
    const among = `n ${dialect.among("$1", "bigint")}`;
    for (const [part, keys] of Object.entries(PARTS))
      if ((yield* run(`DELETE FROM ${part} WHERE ${dialect.some(part, `n, ${keys}`, `WHERE ${among} LIMIT ${SWEEP_ROWS}`)}`, dead)) > 0)
        return;
    yield* run(`DELETE FROM statistics_dead WHERE ${among}`, dead);
  }

  return {
    advance: async (fold) => {
      const found = await ask(() => row<Record<"behind" | "again" | "dead", boolean | number>>(look));
      // A write is a commit on the disk, also of nothing.
      if (found?.behind && (await pass(fold))) return true;
      if (found?.again) await recount(fold);
      else if (found?.dead) await write(sweep);
      return Boolean(found?.again || found?.dead);
    },
  };
}

function* markNewest(room: RoomKey): SqlWork<void> {
  const newest = "SELECT n FROM statistics_sessions WHERE room = $1 ORDER BY last_seq DESC LIMIT 1";
  yield* run(`UPDATE statistics_sessions SET partial = 1 WHERE n = (${newest})`, room);
}

/** Returns the work that adds a delta to its broadcast. */
function sessionAdder(dialect: Dialect) {
  const { least, greatest } = dialect;
  const addDelta = deltaAdder(dialect);
  const set = `UPDATE statistics_sessions SET first_seq = ${least}(first_seq, $2), last_seq = ${greatest}(last_seq, $3), combos = combos + $4,
    settled = settled + $5, people = people + $6, chatters = chatters + $7, gifters = gifters + $8, totals = $9,
    partial = ${greatest}(partial, $10), seen_at = NULL WHERE n = $1`;
  return function* (delta: SessionDelta, isPartial: boolean): SqlWork<void> {
    const { room, sessionId, firstSeq, lastSeq } = delta;
    const sql = "SELECT n, totals FROM statistics_sessions WHERE room = $1 AND session_id = $2";
    const known = yield* row<{ n: number; totals: string }>(sql, room, sessionId);
    const n = known?.n ?? (yield* makeSession(room, sessionId, firstSeq, lastSeq, false));
    const { combos, settled, people, chatters, gifters } = yield* addDelta(n, delta);
    const totals = known === undefined ? emptyTotals() : totalsOf(known.totals);
    addTotals(totals, delta.totals);
    const counts = [combos, settled, people, chatters, gifters];
    yield* run(set, n, firstSeq, lastSeq, ...counts, totalsText(totals), isPartial ? 1 : 0);
  };
}
