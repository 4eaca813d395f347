import { type CommentRun, CommentRunSchema } from "../../works/model/comment.js";
import { type VerifiedRows, verifyRows } from "./verify.js";
import { expireSome, row, rows, run, type SqlDatabase, type SqlWork } from "./work.js";

/** A run that collects comments, as it is kept. */
export interface KeptRun {
  /** Its number: higher than that of every run before it. */
  readonly n: number;
  readonly run: CommentRun;
}

/** Runs that collect comments. */
export type CommentRuns = ReturnType<typeof sqlCommentRuns>;

/** Runs that are removed in one step. */
const STEP_RUNS = 500;

/** Returns the runs of a database. */
export function sqlCommentRuns({ dialect, ask, lane }: SqlDatabase) {
  const write = lane();
  return {
    /** Keeps a run that begins. One of the same work that has no end lost its process: it is told as stopped. @returns the run's number */
    begin: (begun: CommentRun): Promise<number> =>
      write(function* () {
        const open = yield* rows<{ n: number }>("SELECT n FROM comment_runs WHERE work_id = $1 AND ended_at IS NULL", begun.workId);
        for (const { n } of open) yield* lose(n);
        const made = yield* row<{ n: number }>(
          "INSERT INTO comment_runs(work_id, told_at, ended_at, body) VALUES ($1, $2, $3, $4) RETURNING n",
          ...[begun.workId, begun.startedAt, begun.endedAt, JSON.stringify(begun)],
        );
        return made?.n ?? 0;
      }),
    /** Tells a run whose process is gone as stopped when it last told of itself; does nothing to one that has an end. */
    lost: (n: number): Promise<void> => write(() => lose(n)),
    /**
     * Keeps how far a run has come, or how it ended. When it came to the platform's end, the floors that it did not see are marked as removed
     * with their replies, and nothing is deleted. Replies of a floor that is still there are not: a floor is not opened a second time when all
     * of it is known.
     * @param at when it tells that, ms UTC
     */
    tell: (n: number, told: CommentRun, at: number): Promise<void> =>
      write(function* () {
        yield* keep(n, told, at);
        if (told.endedBy !== "end") return;
        yield* run(
          `UPDATE comments SET removed_at = $3, revision = revision + 1
           WHERE work_id = $1 AND removed_at IS NULL AND run < $2 AND (parent_id IS NULL OR parent_id IN
             (SELECT f.id FROM comments f WHERE f.work_id = $1 AND f.parent_id IS NULL AND f.run < $2))`,
          ...[told.workId, n, told.endedAt ?? told.startedAt],
        );
      }),
    /** Returns the last run of a work; null when there was none. */
    last: (workId: string): Promise<KeptRun | null> =>
      ask(function* () {
        const kept = yield* row<{ n: number; body: string }>(
          "SELECT n, body FROM comment_runs WHERE work_id = $1 ORDER BY n DESC LIMIT 1",
          workId,
        );
        return kept === undefined ? null : { n: kept.n, run: JSON.parse(kept.body) as CommentRun };
      }),
    /** Looks at runs, in the order of their numbers: whether each says one thing in all of its columns. @returns null after the last */
    verify: (after: number): Promise<VerifiedRows<number> | null> =>
      ask(function* () {
        const found = yield* rows<{ n: number; work_id: string; ended_at: number | null; body: string }>(
          `SELECT n, work_id, ended_at, body FROM comment_runs WHERE n > $1 ORDER BY n LIMIT ${STEP_RUNS}`,
          after,
        );
        const columns = ({ workId, endedAt }: CommentRun) => ({ work_id: workId, ended_at: endedAt });
        return verifyRows(found, CommentRunSchema, ({ n }) => [n, String(n)], columns);
      }),
    /** Removes the runs of a work. */
    removeOf: (workId: string): Promise<void> =>
      write(function* () {
        yield* run("DELETE FROM comment_runs WHERE work_id = $1", workId);
      }),
    /** Removes some of the runs that told nothing since a time, ms UTC, as {@link expireSome} says. @returns whether there may be more */
    expire: (before: number, now: number): Promise<boolean> =>
      write(() => expireSome({ table: "comment_runs", keys: "n", time: "told_at" }, { before, now, most: STEP_RUNS })),
  };

  function* keep(n: number, told: CommentRun, at: number): SqlWork<void> {
    const sql = "UPDATE comment_runs SET told_at = $2, ended_at = $3, body = $4, seen_at = NULL WHERE n = $1";
    yield* run(sql, n, at, told.endedAt, JSON.stringify(told));
  }

  function* lose(n: number): SqlWork<void> {
    const sql = `SELECT told_at AS "at", body FROM comment_runs WHERE n = $1 AND ended_at IS NULL ${dialect.forUpdate}`;
    const left = yield* row<{ at: number; body: string }>(sql, n);
    if (left === undefined) return;
    const end = { endedBy: "stopped", reason: "its process ended before it did", endedAt: left.at } as const;
    yield* keep(n, { ...(JSON.parse(left.body) as CommentRun), ...end }, left.at);
  }
}
