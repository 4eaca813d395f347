import type { RoomKey } from "../log.js";
import { row, run, type SqlDatabase, type SqlWork } from "./work.js";

/** Readers of one owner, of whose positions only so many are kept. */
interface Among {
  /** Prefix of the names of all of them. */
  readonly prefix: string;
  /** Most positions that are kept of them together. */
  readonly most: number;
}

/**
 * Share of the positions that is forgotten at once when there are too many, so that an owner who makes up names has it worked out seldom.
 */
const SHED = 0.1;

/**
 * Position of each reader (a token's client, a hook, a named subscription) in each room: everything with seq ≤ position was handed over.
 */
export type Positions = ReturnType<typeof sqlPositions>;

/** Returns the positions of a database's readers. */
export function sqlPositions({ clock, dialect, ask, lane }: SqlDatabase) {
  const write = lane();
  let movedAt = 0;
  // A WITH is worked out once; within the IN PostgreSQL may ask again for each row, and the limit would allow as many more each time.
  const shed = `WITH oldest AS (
      SELECT reader, room FROM positions WHERE reader >= $1 AND reader < $2 AND NOT (reader = $3 AND room = $4) ORDER BY moved_at LIMIT $5
      ${dialect.skipLocked})
    DELETE FROM positions WHERE (reader, room) IN (SELECT reader, room FROM oldest)`;
  /** Forgets the positions that were moved least recently, if there are too many; not this one, which is new. */
  function* shedOthers(among: Among, reader: string, room: RoomKey): SqlWork<void> {
    const range = [among.prefix, behind(among.prefix)] as const;
    const counted = yield* row<{ count: number }>("SELECT count(*) AS count FROM positions WHERE reader >= $1 AND reader < $2", ...range);
    const surplus = (counted?.count ?? 0) - among.most;
    if (surplus > 0) yield* run(shed, ...range, reader, room, surplus + Math.floor(among.most * SHED));
  }
  /** Returns the time in ms, never the same twice: which of two was first is told also within a millisecond. */
  const moment = () => (movedAt = Math.max(clock.now(), movedAt + 1));
  return {
    get: (reader: string, room: RoomKey): Promise<number | null> =>
      ask(function* () {
        const sql = "SELECT seq FROM positions WHERE reader = $1 AND room = $2";
        return (yield* row<{ seq: number }>(sql, reader, room))?.seq ?? null;
      }),
    /**
     * Sets a position, which is durable when it resolves. It may go back: a reader is then given the events again.
     * @param among the readers that this one belongs to: when these have too many positions, those that were moved least recently are
     * forgotten
     * @param holder of a position that is held: who sets it
     * @returns whether it was set: false when somebody else holds it
     */
    set: (reader: string, room: RoomKey, seq: number, among?: Among, holder = ""): Promise<boolean> => {
      const now = moment();
      return write(function* () {
        const held = [reader, room, seq, now, holder];
        const update = "UPDATE positions SET seq = $3, moved_at = $4 WHERE reader = $1 AND room = $2 AND holder = $5";
        if ((yield* run(update, ...held)) > 0) return true;
        const insert = `INSERT INTO positions(reader, room, seq, moved_at, holder) VALUES ($1, $2, $3, $4, $5)
          ON CONFLICT (reader, room) DO UPDATE SET seq = excluded.seq, moved_at = excluded.moved_at WHERE positions.holder = excluded.holder`;
        if ((yield* run(insert, ...held)) === 0) return false;
        if (among !== undefined) yield* shedOthers(among, reader, room);
        return true;
      });
    },
    /**
     * Lets one alone set a reader's positions in rooms, from now on and until another holds them. One that is not there yet is made.
     * @param places seq of each room where there is no position yet
     * @param isBack whether it held them before: then it takes none from another, and makes none
     * @returns false when another has held one of them since
     */
    hold: (
      reader: string,
      places: readonly (readonly [RoomKey, number])[],
      holder: string,
      among: Among,
      isBack = false,
    ): Promise<boolean> => {
      const now = moment();
      return write(function* () {
        // In one order, so that two who hold the same rooms never wait for each other.
        for (const [room, seq] of [...places].sort(([a], [b]) => a - b)) {
          const rooms = [reader, room, now, holder] as const;
          const update = "UPDATE positions SET moved_at = $3, holder = $4 WHERE reader = $1 AND room = $2";
          if ((yield* run(isBack ? `${update} AND holder = $4` : update, ...rooms)) > 0) continue;
          if (isBack) {
            const found = yield* row<{ seq: number }>("SELECT seq FROM positions WHERE reader = $1 AND room = $2", reader, room);
            if (found !== undefined) return false;
            continue;
          }
          const insert = `INSERT INTO positions(reader, room, moved_at, holder, seq) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (reader, room) DO UPDATE SET moved_at = excluded.moved_at, holder = excluded.holder`;
          yield* run(insert, ...rooms, seq);
          yield* shedOthers(among, reader, room);
        }
        return true;
      });
    },
    /** Forgets every position of the reader. */
    forget: (reader: string): Promise<void> => write(() => forgetReader(reader)),
    /** Forgets every position of every reader whose name begins with `prefix`, which is not empty. */
    forgetAll: (prefix: string): Promise<void> =>
      write(function* () {
        yield* run("DELETE FROM positions WHERE reader >= $1 AND reader < $2", prefix, behind(prefix));
      }),
  };
}

/** Sets or (null) forgets a reader's position, together with what else is changed. */
export function* placeReader(reader: string, room: RoomKey, seq: number | null): SqlWork<void> {
  if (seq === null) yield* run("DELETE FROM positions WHERE reader = $1 AND room = $2", reader, room);
  else
    yield* run(
      "INSERT INTO positions(reader, room, seq) VALUES ($1, $2, $3) ON CONFLICT (reader, room) DO UPDATE SET seq = excluded.seq",
      ...[reader, room, seq],
    );
}

/** Moves a reader's position on, never back, together with what else is changed. */
export function* moveReader(reader: string, room: RoomKey, seq: number): SqlWork<void> {
  yield* run(
    `INSERT INTO positions(reader, room, seq) VALUES ($1, $2, $3)
     ON CONFLICT (reader, room) DO UPDATE SET seq = excluded.seq WHERE positions.seq < excluded.seq`,
    ...[reader, room, seq],
  );
}

/** Forgets every position of a reader. */
export function* forgetReader(reader: string): SqlWork<void> {
  yield* run("DELETE FROM positions WHERE reader = $1", reader);
}

/** Returns the first text behind all that begin with this one; they are compared byte by byte, as UTF-8. */
function behind(prefix: string): string {
  const signs = [...prefix];
  const last = signs.pop()?.codePointAt(0) ?? 0;
  return signs.join("") + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1);
}
