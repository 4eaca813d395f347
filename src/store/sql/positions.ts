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

/** Position of each reader (a token's client, a named subscription): everything up to it was handed over. */
export type Positions = ReturnType<typeof sqlPositions>;

/** Returns the positions of a database's readers. */
export function sqlPositions({ clock, dialect, ask, lane }: SqlDatabase) {
  const write = lane();
  let movedAt = 0;
  // A WITH is worked out once; within the IN PostgreSQL may ask again for each row, and the limit would allow as many more each time.
  const shed = `WITH oldest AS (
      SELECT reader FROM positions WHERE reader >= $1 AND reader < $2 AND reader <> $3 ORDER BY moved_at LIMIT $4 ${dialect.skipLocked})
    DELETE FROM positions WHERE reader IN (SELECT reader FROM oldest)`;
  /** Forgets the positions that were moved least recently, if there are too many; not this one, which is new. */
  function* shedOthers(among: Among, reader: string): SqlWork<void> {
    const range = [among.prefix, behind(among.prefix)] as const;
    const counted = yield* row<{ count: number }>("SELECT count(*) AS count FROM positions WHERE reader >= $1 AND reader < $2", ...range);
    const surplus = (counted?.count ?? 0) - among.most;
    if (surplus > 0) yield* run(shed, ...range, reader, surplus + Math.floor(among.most * SHED));
  }
  /** Returns the time in ms, never the same twice: the order of two is known also within a millisecond. */
  const moment = () => (movedAt = Math.max(clock.now(), movedAt + 1));
  const find = (reader: string) => row<{ pos: number; holder: string }>("SELECT pos, holder FROM positions WHERE reader = $1", reader);
  return {
    get: (reader: string): Promise<number | null> =>
      ask(function* () {
        return (yield* find(reader))?.pos ?? null;
      }),
    /**
     * Sets a position, which is durable when it resolves. It may go back: a reader is then given the events again.
     * @param among the readers that this one belongs to: when these have too many positions, those that were moved least recently are
     * forgotten
     * @param holder of a position that is held: who sets it
     * @returns whether it was set: false when another holds it
     */
    set: (reader: string, pos: number, among?: Among, holder = ""): Promise<boolean> => {
      const now = moment();
      return write(function* () {
        const held = [reader, pos, now, holder];
        const update = "UPDATE positions SET pos = $2, moved_at = $3 WHERE reader = $1 AND holder = $4";
        if ((yield* run(update, ...held)) > 0) return true;
        const insert = `INSERT INTO positions(reader, pos, moved_at, holder) VALUES ($1, $2, $3, $4)
          ON CONFLICT (reader) DO UPDATE SET pos = excluded.pos, moved_at = excluded.moved_at WHERE positions.holder = excluded.holder`;
        if ((yield* run(insert, ...held)) === 0) return false;
        if (among !== undefined) yield* shedOthers(among, reader);
        return true;
      });
    },
    /**
     * Lets one alone set a position, from now on and until another holds it. One that is not there yet is made.
     * @param pos where there is none yet
     * @param isBack whether it held it before: then it takes it from no other, and makes none
     * @returns false when another has held it since
     */
    hold: (reader: string, pos: number, holder: string, among: Among, isBack = false): Promise<boolean> => {
      const now = moment();
      return write(function* () {
        if (isBack) return ((yield* find(reader))?.holder ?? holder) === holder;
        yield* run(
          `INSERT INTO positions(reader, pos, moved_at, holder) VALUES ($1, $2, $3, $4)
           ON CONFLICT (reader) DO UPDATE SET moved_at = excluded.moved_at, holder = excluded.holder`,
          ...[reader, pos, now, holder],
        );
        yield* shedOthers(among, reader);
        return true;
      });
    },
    forget: (reader: string): Promise<void> =>
      write(function* () {
        yield* run("DELETE FROM positions WHERE reader = $1", reader);
      }),
    /** Forgets the position of every reader whose name begins with `prefix`, which is not empty. */
    forgetAll: (prefix: string): Promise<void> =>
      write(function* () {
        yield* run("DELETE FROM positions WHERE reader >= $1 AND reader < $2", prefix, behind(prefix));
      }),
  };
}

/** Returns the first text behind all that begin with this one; they are compared byte by byte, as UTF-8. */
function behind(prefix: string): string {
  const signs = [...prefix];
  const last = signs.pop()?.codePointAt(0) ?? 0;
  return signs.join("") + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1);
}
