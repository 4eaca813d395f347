import { msg } from "../runtime/msg.js";
import type { Store } from "../store/store.js";
import { type CollectOptions, type CommentBounds, CommentCollector, commentBounds } from "./comments.js";
import type { ExclusiveTasksOptions } from "./exclusive-tasks.js";
import type { Comment, CommentRun } from "./model/comment.js";
import type { ReadComment } from "./model/kept.js";
import type { Work } from "./model/work.js";
import { keepRun, RunService } from "./run-service.js";
import { erasedAuthor, type WorkService } from "./work-service.js";

/** Dependencies of the service of runs. */
interface CommentRunServiceOptions extends ExclusiveTasksOptions, Pick<KeepOptions, "reader" | "erased"> {
  readonly store: Pick<Store, "comments" | "commentRuns" | "cluster">;
  /** Keeps the work itself, by which an erasure finds whose comments these are. */
  readonly works: Pick<WorkService, "keep">;
}

/** Bounds of a run that is asked for. */
type AskedRun = Pick<KeepOptions, "limit" | "replies" | "withinMs">;

/** Runs that collect the comments of works. */
export class CommentRunService extends RunService<AskedRun, CommentRun, CommentBounds> {
  constructor(options: CommentRunServiceOptions) {
    const { reader, store, works, clock, erased } = options;
    super(options, {
      name: "comments",
      runs: store.commentRuns,
      async keep(workId, asked, stop) {
        const onWork = async (work: Work, reply: string | null) => {
          if ((await works.keep({ work, reply })) === null) throw erasedAuthor(workId);
        };
        await keepComments(store, { id: workId, page: null }, { ...asked, reader, clock, erased, onWork }, stop);
      },
      bounds: {
        ofAsked: (_workId, asked) => commentBounds(asked),
        ofRun: ({ limit, withinMs, replies }) => ({ limit, withinMs, replies }),
      },
      // Only the compatible interface bounds a run by time.
      givesWay: ({ withinMs }) => withinMs !== null,
      words: {
        none: (workId) => msg`no run has collected the comments of the work ${workId}`,
        other: (workId, since, { limit, replies }) => {
          const withReplies = replies ? msg`with replies` : msg`without replies`;
          return msg`the comments of ${workId} are being collected since ${since} within other bounds (at most ${limit} new ones, ${withReplies}): wait until that run ends, stop it, or ask for the same`;
        },
        tooMany: (most) => msg`the comments of ${most} works are being collected`,
        stuck: (workId, seconds) => msg`the process that collects the comments of ${workId} did not stop within ${seconds} s`,
        closed: msg`comments are no longer collected`,
      },
    });
  }
}

/** Options of collecting comments into a store. */
interface KeepOptions extends Omit<CollectOptions, "known" | "again"> {
  /** Called with how far the run is: when it has begun, each time that what it collected is kept, and at its end. */
  readonly onProgress?: (run: CommentRun) => void;
  /** Makes the function that takes people out of comments who were erased after these were written; null if there were none. */
  readonly erased?: (() => Promise<WithoutErased | null>) | undefined;
}

/** Returns what is left of a comment; itself if none in it was erased. */
type WithoutErased = <T extends ReadComment>(comment: T) => T;

/**
 * Collects the comments of a work and keeps each as it comes: what is kept is renewed where it is shown again, and floors that are complete are
 * not opened. A run whose process is killed loses no comment that its status counted; the next one goes on with what is kept.
 * @returns the run with its end
 * @throws DyliveError as `CommentCollector.batches` does; the run is then kept with a reason, and without an end of its own
 */
export async function keepComments(
  { comments, commentRuns }: Pick<Store, "comments" | "commentRuns">,
  work: ConstructorParameters<typeof CommentCollector>[0],
  { onProgress = () => {}, erased = async () => null, ...options }: KeepOptions,
  signal: AbortSignal,
): Promise<CommentRun> {
  const { clock } = options;
  const collector = new CommentCollector(work, { ...options, known: await comments.known(work.id), again: true });
  const keep = async (batch: readonly Comment[], n: number) => {
    const leave = await erased();
    const left = leave === null ? batch : batch.map(leave);
    await comments.put(n, left, clock.now());
    await leaveOut(left);
  };
  const collecting = { of: work.id, status: () => collector.status(), batches: (until: AbortSignal) => collector.batches(until), keep };
  return keepRun(commentRuns, collecting, { clock, onProgress }, signal);

  /** Takes people out of stored comments whose erasure began after these were looked at: it may have passed by before they were there. */
  async function leaveOut(kept: readonly ReadComment[]): Promise<void> {
    const leave = await erased();
    if (leave === null) return;
    for (const one of kept) {
      if (leave(one) === one) continue;
      const now = await comments.get(one);
      if (now !== null) await comments.replace([leave(now)]);
    }
  }
}
