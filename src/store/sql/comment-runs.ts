import type { CommentRun } from "../../works/model/comment.js";
import { row, rows, run, type SqlDatabase, type SqlWork } from "./work.js";

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
export function sqlCommentRuns({ ask, lane }: SqlDatabase) {
  const write = lane();
  return {
    /** Keeps a run that begins. One of the same work that has no end lost its process: it is told as stopped. @returns the run's number */
    begin: (begun: CommentRun): Promise<number> =>
      write(function* () {
        const open = yield* rows<{ n: number; body: string }>(
          "SELECT n, body FROM comment_runs WHERE work_id = $1 AND ended_at IS NULL",
          begun.workId,
        );
        for (const { n, body } of open) {
          const left = JSON.parse(body) as CommentRun;
          const stopped: CommentRun = { ...left, endedBy: "stopped", reason: "its process ended before it did", endedAt: begun.startedAt };
          yield* keep(n, stopped);
        }
        const made = yield* row<{ n: number }>(
          "INSERT INTO comment_runs(work_id, ended_at, body) VALUES ($1, $2, $3) RETURNING n",
          ...[begun.workId, begun.endedAt, JSON.stringify(begun)],
        );
        return made?.n ?? 0;
      }),
    /**
     * Keeps how far a run has come, or how it ended. When it came to the platform's end, the floors that it did not see are marked as removed
     * with their replies, and nothing is deleted. Replies of a floor that is still there are not: a floor is not opened a second time when all
     * of it is known.
     */
    tell: (n: number, told: CommentRun): Promise<void> =>
      write(function* () {
        yield* keep(n, told);
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
    /** Removes the runs of a work. */
    removeOf: (workId: string): Promise<void> =>
      write(function* () {
        yield* run("DELETE FROM comment_runs WHERE work_id = $1", workId);
      }),
    /** Removes some of the runs that ended before a time, ms UTC. @returns whether there may be more */
    expire: (before: number): Promise<boolean> =>
      write(function* () {
        const old = "SELECT n FROM comment_runs WHERE ended_at < $1 ORDER BY n LIMIT $2";
        return (yield* run(`DELETE FROM comment_runs WHERE n IN (${old})`, before, STEP_RUNS)) > 0;
      }),
  };

  function* keep(n: number, { endedAt, ...told }: CommentRun): SqlWork<void> {
    yield* run("UPDATE comment_runs SET ended_at = $2, body = $3 WHERE n = $1", n, endedAt, JSON.stringify({ ...told, endedAt }));
  }
}
