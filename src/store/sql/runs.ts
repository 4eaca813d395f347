import type { CommentRun } from "../../works/model/comment.js";
import type { WorkListRun } from "../../works/model/work-list.js";
import { expireSome, row, rows, run, type SqlDatabase, type SqlWork } from "./work.js";

/** Run of any kind. */
export type AnyRun = CommentRun | WorkListRun;

/** A run through a page, as it is kept. */
interface KeptRun<Run> {
  /** Its number: higher than that of every run before it. */
  readonly n: number;
  readonly run: Run;
}

/** A kind of runs: its table, what a run is about (`of`), and what else is done when one is saved. */
interface RunTable<Run> {
  readonly table: "comment_runs" | "list_runs";
  readonly of: (run: Run) => string;
  readonly onSave?: (n: number, run: Run) => SqlWork<void>;
}

/** Runs of one kind. */
export type Runs<Run extends AnyRun> = ReturnType<typeof sqlRuns<Run>>;

/** Runs that are removed in one step. */
const STEP_RUNS = 500;
/** Runs that are looked at in one step: the one that is wanted is mostly among the last. */
const STEP_LOOKED_AT = 20;

/** Returns the runs of a database that collect the comments of works. */
export function sqlCommentRuns(database: SqlDatabase): Runs<CommentRun> {
  return sqlRuns(database, {
    ...{ table: "comment_runs", of: ({ workId }) => workId },
    /**
     * When a run came to the platform's end, the floors that it did not see are marked as removed with their replies, and nothing is deleted.
     * Replies of a floor that is still there are not: a floor is not opened a second time when all of it is known.
     */
    *onSave(n, { workId, endedBy, endedAt, startedAt }) {
      if (endedBy !== "end") return;
      yield* run(
        `UPDATE comments SET removed_at = $3, revision = revision + 1
         WHERE work_id = $1 AND removed_at IS NULL AND run < $2 AND (parent_id IS NULL OR parent_id IN
           (SELECT f.id FROM comments f WHERE f.work_id = $1 AND f.parent_id IS NULL AND f.run < $2))`,
        ...[workId, n, endedAt ?? startedAt],
      );
    },
  });
}

/** Returns the runs of a database that list works: of an author, by their sec_uid, or of a mix, by its id. */
export function sqlListRuns(database: SqlDatabase): Runs<WorkListRun> {
  return sqlRuns(database, { table: "list_runs", of: ({ secUid, mix }) => secUid ?? mix?.id ?? "" });
}

function sqlRuns<Run extends AnyRun>({ dialect, ask, lane }: SqlDatabase, { table, of: ofRun, onSave }: RunTable<Run>) {
  const write = lane();
  return {
    /** Keeps a run that begins. One about the same that has no end lost its process: it is marked as stopped. @returns the run's number */
    begin: (begun: Run): Promise<number> =>
      write(function* () {
        const open = yield* rows<{ n: number }>(`SELECT n FROM ${table} WHERE subject = $1 AND ended_at IS NULL`, ofRun(begun));
        for (const { n } of open) yield* lose(n);
        const made = yield* row<{ n: number }>(
          `INSERT INTO ${table}(subject, reported_at, ended_at, body) VALUES ($1, $2, $3, $4) RETURNING n`,
          ...[ofRun(begun), begun.startedAt, begun.endedAt, JSON.stringify(begun)],
        );
        return made?.n ?? 0;
      }),
    /** Marks a run whose process is gone as stopped when it was last saved; does nothing to one that has an end. */
    lost: (n: number): Promise<void> => write(() => lose(n)),
    /**
     * Keeps how far a run has come, or how it ended; does nothing to one that was removed.
     * @param at ms UTC
     */
    tell: (n: number, run: Run, at: number): Promise<void> =>
      write(function* () {
        yield* keep(n, run, at);
        if (onSave !== undefined) yield* onSave(n, run);
      }),
    /** Returns the last run about something; null when there was none. */
    last: (of: string): Promise<KeptRun<Run> | null> =>
      ask(function* () {
        const kept = yield* row<{ n: number; body: string }>(`SELECT n, body FROM ${table} WHERE subject = $1 ORDER BY n DESC LIMIT 1`, of);
        return kept === undefined ? null : keptOf(kept);
      }),
    /** Returns the last run about something that is as the caller wants it; null when there was none. */
    lastThat: (of: string, isWanted: (run: Run) => boolean): Promise<Run | null> =>
      ask(function* () {
        for (let before = Number.MAX_SAFE_INTEGER; ; ) {
          const sql = `SELECT n, body FROM ${table} WHERE subject = $1 AND n < $2 ORDER BY n DESC LIMIT ${STEP_LOOKED_AT}`;
          const found = (yield* rows<{ n: number; body: string }>(sql, of, before)).map(keptOf);
          const wanted = found.find(({ run }) => isWanted(run));
          const last = found.at(-1);
          if (wanted !== undefined || last === undefined) return wanted?.run ?? null;
          before = last.n;
        }
      }),
    /** Returns runs in the order of their numbers, from after one on. */
    walk: (after: number, limit: number): Promise<readonly KeptRun<Run>[]> =>
      ask(function* () {
        const sql = `SELECT n, body FROM ${table} WHERE n > $1 ORDER BY n LIMIT $2`;
        return (yield* rows<{ n: number; body: string }>(sql, after, limit)).map(keptOf);
      }),
    /** Removes the runs about something. */
    removeOf: (of: string): Promise<void> =>
      write(function* () {
        yield* run(`DELETE FROM ${table} WHERE subject = $1`, of);
      }),
    /** Removes some of the runs that were not saved since a time, ms UTC, as {@link expireSome} says. @returns whether there may be more */
    expire: (before: number, now: number): Promise<boolean> =>
      write(() => expireSome(dialect, { table, keys: "n", time: "reported_at" }, { before, now, most: STEP_RUNS })),
  };

  function keptOf({ n, body }: { readonly n: number; readonly body: string }): KeptRun<Run> {
    return { n, run: JSON.parse(body) as Run };
  }

  function* keep(n: number, kept: Run, at: number): SqlWork<void> {
    const sql = `UPDATE ${table} SET reported_at = $2, ended_at = $3, body = $4, seen_at = NULL WHERE n = $1`;
    yield* run(sql, n, at, kept.endedAt, JSON.stringify(kept));
  }

  function* lose(n: number): SqlWork<void> {
    const sql = `SELECT reported_at AS "at", body FROM ${table} WHERE n = $1 AND ended_at IS NULL ${dialect.forUpdate}`;
    const left = yield* row<{ at: number; body: string }>(sql, n);
    if (left === undefined) return;
    const end = { endedBy: "stopped", reason: "its process ended before it did", endedAt: left.at } as const;
    yield* keep(n, { ...(JSON.parse(left.body) as Run), ...end }, left.at);
  }
}
