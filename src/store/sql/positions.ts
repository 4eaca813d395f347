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
     */
    set: (reader: string, room: RoomKey, seq: number, among?: Among): Promise<void> => {
      // Which of two was first is told also within a millisecond.
      movedAt = Math.max(clock.now(), movedAt + 1);
      const now = movedAt;
      return write(function* () {
        const moved = yield* run("UPDATE positions SET seq = $3, moved_at = $4 WHERE reader = $1 AND room = $2", reader, room, seq, now);
        if (moved > 0) return;
        yield* run(
          `INSERT INTO positions(reader, room, seq, moved_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (reader, room) DO UPDATE SET seq = excluded.seq, moved_at = excluded.moved_at`,
          ...[reader, room, seq, now],
        );
        if (among !== undefined) yield* shedOthers(among, reader, room);
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
