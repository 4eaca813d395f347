import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { AuthorWatch } from "../../works/model/author-watch.js";
import { row, rows, run, type SqlDatabase, type SqlWork } from "./work.js";

/** A watch as it is kept. */
export interface KeptAuthorWatch {
  /** Its number: one that is removed and added again has another. */
  readonly n: number;
  readonly watch: AuthorWatch;
  /** Ids of the newest works that are known, by which a look ends. */
  readonly known: readonly string[];
}

/** Changes that a look makes to a watch. */
export type AuthorLook = Pick<AuthorWatch, "author" | "nextAt" | "failingSince" | "learnedAt" | "newest"> & {
  readonly look: NonNullable<AuthorWatch["look"]>;
  readonly known: readonly string[];
  /** Number of works that it found to be new. */
  readonly published: number;
};

/** Watches on authors of a store. */
export type AuthorWatches = ReturnType<typeof sqlAuthorWatches>;

/** Most authors that are watched: at the pace of one page in some seconds each is looked at once in two hours then. */
const MOST_WATCHES = 500;

interface StoredWatch {
  readonly n: number;
  readonly secUid: string;
  readonly addedAt: number;
  readonly nextAt: number;
  readonly body: string;
}
/** A watch but for what has columns of its own. */
type Body = Omit<AuthorWatch, "secUid" | "addedAt" | "nextAt"> & Pick<KeptAuthorWatch, "known">;

const SELECT = `SELECT n, sec_uid AS "secUid", added_at AS "addedAt", next_at AS "nextAt", body FROM author_watches`;
const NEW: Body = { author: null, look: null, failingSince: null, learnedAt: null, newest: null, published: 0, known: [] };

/** Returns the watches on authors of a database. */
export function sqlAuthorWatches({ dialect, ask, lane }: SqlDatabase) {
  const write = lane();
  return {
    /**
     * Begins a watch, whose first look is due at once; gives the one that there is, if there is one.
     * @param at ms UTC
     * @throws DyliveError too_many_watches
     */
    add: (secUid: string, at: number): Promise<{ readonly kept: KeptAuthorWatch; readonly isNew: boolean }> =>
      write(function* () {
        const added = yield* run(
          "INSERT INTO author_watches(sec_uid, added_at, next_at, outcome, body) VALUES ($1, $2, $2, NULL, $3) ON CONFLICT DO NOTHING",
          ...[secUid, at, JSON.stringify(NEW)],
        );
        const all = yield* row<{ count: number }>("SELECT count(*) AS count FROM author_watches");
        if (added === 1 && Number(all?.count ?? 0) > MOST_WATCHES)
          throw new DyliveError("too_many_watches", msg`${MOST_WATCHES} authors are watched`);
        const kept = yield* find("sec_uid", secUid);
        if (kept === null) throw new DyliveError("internal", "a watch that was just added is not there");
        return { kept, isNew: added === 1 };
      }),
    /** Returns the watch on an author; null when there is none. */
    get: (secUid: string): Promise<KeptAuthorWatch | null> => ask(() => find("sec_uid", secUid)),
    /** Returns all watches, oldest first. */
    list: (): Promise<readonly AuthorWatch[]> =>
      ask(function* () {
        return (yield* rows<StoredWatch>(`${SELECT} ORDER BY n`)).map((stored) => keptOf(stored).watch);
      }),
    /**
     * Returns the watch that has waited longest for a look that is due; null when none is.
     * @param at ms UTC
     * @param longestMs no look is put off for longer: one that is was put off by a clock that has been set back since, and is due
     */
    due: (at: number, longestMs: number): Promise<KeptAuthorWatch | null> =>
      ask(function* () {
        const stored = yield* row<StoredWatch>(
          `${SELECT} WHERE next_at <= $1 OR next_at > $2 ORDER BY next_at, n LIMIT 1`,
          ...[at, at + longestMs],
        );
        return stored === undefined ? null : keptOf(stored);
      }),
    /** Makes the next look of a watch due at a time, ms UTC. @returns whether there is such a watch */
    lookAt: (secUid: string, at: number): Promise<boolean> =>
      write(function* () {
        return (yield* run("UPDATE author_watches SET next_at = $2 WHERE sec_uid = $1", secUid, at)) === 1;
      }),
    /**
     * Keeps what a look found. What another process found meanwhile is not lost: of two newest works the newer one is kept.
     * @param dueAt when it was due, ms UTC: a look that was asked for since then stays due
     * @returns whether the watch is still there; one that was removed is not begun again
     */
    note: (n: number, look: AuthorLook, dueAt?: number): Promise<boolean> =>
      write(function* () {
        const before = yield* find("n", n, dialect.forUpdate);
        if (before === null) return false;
        const { nextAt, known, published, ...found } = look;
        const { watch } = before;
        const body: Body = {
          ...found,
          author: look.look.outcome === "erased" ? null : (found.author ?? watch.author),
          learnedAt: watch.learnedAt ?? found.learnedAt,
          newest: newer(watch.newest, found.newest),
          published: watch.published + published,
          known,
        };
        const sql = "UPDATE author_watches SET next_at = $2, outcome = $3, body = $4 WHERE n = $1";
        const isAsked = dueAt !== undefined && watch.nextAt !== dueAt;
        yield* run(sql, n, isAsked ? Math.min(watch.nextAt, nextAt) : nextAt, look.look.outcome, JSON.stringify(body));
        return true;
      }),
    /** Ends a watch. @returns whether there was one */
    remove: (secUid: string): Promise<boolean> =>
      write(function* () {
        return (yield* run("DELETE FROM author_watches WHERE sec_uid = $1", secUid)) === 1;
      }),
    /** Counts the watches by the outcome of their last look; null before the first. */
    outcomes: (): Promise<readonly { readonly outcome: string | null; readonly count: number }[]> =>
      ask(function* () {
        const counted = yield* rows<{ outcome: string | null; count: number }>(
          "SELECT outcome, count(*) AS count FROM author_watches GROUP BY outcome",
        );
        return counted.map(({ outcome, count }) => ({ outcome, count: Number(count) }));
      }),
  };
}

function* find(column: "n" | "sec_uid", value: string | number, lock = ""): SqlWork<KeptAuthorWatch | null> {
  const stored = yield* row<StoredWatch>(`${SELECT} WHERE ${column} = $1 ${lock}`, value);
  return stored === undefined ? null : keptOf(stored);
}

function keptOf({ n, secUid, addedAt, nextAt, body }: StoredWatch): KeptAuthorWatch {
  const { known, ...rest } = JSON.parse(body) as Body;
  return { n, watch: { secUid, addedAt, nextAt, ...rest }, known };
}

function newer(one: AuthorWatch["newest"], other: AuthorWatch["newest"]): AuthorWatch["newest"] {
  if (one === null || other === null) return one ?? other;
  return other.time > one.time ? other : one;
}
