import type { RoomKey } from "../log.js";
import { type Among, type Positions, surplus } from "../positions.js";
import { row, run, type SqlDatabase, type Work } from "./work.js";

/** Returns the positions of a database's readers. */
export function sqlPositions({ clock, dialect, ask, lane }: SqlDatabase): Positions {
  const write = lane();
  let movedAt = 0;
  const shed = `DELETE FROM positions WHERE (reader, room) IN (
    SELECT reader, room FROM positions WHERE reader >= $1 AND reader < $2 AND NOT (reader = $3 AND room = $4) ORDER BY moved_at LIMIT $5
    ${dialect.skipLocked})`;
  /** Forgets the positions that were moved least recently, if there are too many; not this one, which is new. */
  function* shedOthers(among: Among, reader: string, room: RoomKey): Work<void> {
    const range = [among.prefix, behind(among.prefix)] as const;
    const counted = yield* row<{ count: number }>("SELECT count(*) AS count FROM positions WHERE reader >= $1 AND reader < $2", ...range);
    const many = surplus(counted?.count ?? 0, among);
    if (many > 0) yield* run(shed, ...range, reader, room, many);
  }
  return {
    get: (reader, room) =>
      ask(function* () {
        const sql = "SELECT seq FROM positions WHERE reader = $1 AND room = $2";
        return (yield* row<{ seq: number }>(sql, reader, room))?.seq ?? null;
      }),
    set: (reader, room, seq, among) => {
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
    forget: (reader) => write(() => forgetReader(reader)),
    forgetAll: (prefix) =>
      write(function* () {
        yield* run("DELETE FROM positions WHERE reader >= $1 AND reader < $2", prefix, behind(prefix));
      }),
  };
}

/** Sets or (null) forgets a reader's position, together with what else is changed. */
export function* placeReader(reader: string, room: RoomKey, seq: number | null): Work<void> {
  if (seq === null) yield* run("DELETE FROM positions WHERE reader = $1 AND room = $2", reader, room);
  else
    yield* run(
      "INSERT INTO positions(reader, room, seq) VALUES ($1, $2, $3) ON CONFLICT (reader, room) DO UPDATE SET seq = excluded.seq",
      ...[reader, room, seq],
    );
}

/** Forgets every position of a reader. */
export function* forgetReader(reader: string): Work<void> {
  yield* run("DELETE FROM positions WHERE reader = $1", reader);
}

/** Returns the first text behind all that begin with this one; they are compared byte by byte, as UTF-8. */
function behind(prefix: string): string {
  const signs = [...prefix];
  const last = signs.pop()?.codePointAt(0) ?? 0;
  return signs.join("") + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1);
}
