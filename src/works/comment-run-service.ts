import type { Store } from "../store/store.js";
import { type KeepOptions, keepComments } from "./kept-comments.js";
import type { CommentRun } from "./model/comment.js";
import type { Work } from "./model/work.js";
import { RunService, type RunServiceOptions } from "./run-service.js";
import { erasedAuthor, type WorkService } from "./work-service.js";

/** Dependencies of the service of runs. */
interface CommentRunServiceOptions extends RunServiceOptions, Pick<KeepOptions, "reader" | "erased"> {
  readonly store: Pick<Store, "comments" | "commentRuns" | "cluster">;
  /** Keeps the work itself, by which an erasure finds whose comments these are. */
  readonly works: Pick<WorkService, "keep">;
}

/** Bounds of a run that is asked for. */
export type AskedRun = Pick<KeepOptions, "limit" | "replies" | "withinMs">;

/** Runs that collect the comments of works. */
export class CommentRunService extends RunService<AskedRun, CommentRun> {
  constructor(options: CommentRunServiceOptions) {
    const { reader, store, works, clock, erased } = options;
    super(options, {
      name: "comments",
      runs: store.commentRuns,
      async keep(workId, asked, stop) {
        const onWork = async (work: Work, reply: string | null) => {
          if ((await works.keep({ work, reply })) !== null) return;
          await store.commentRuns.removeOf(workId); // it names a work of theirs
          throw erasedAuthor(workId);
        };
        await keepComments(store, { id: workId, page: null }, { ...asked, reader, clock, erased, onWork }, stop);
      },
      words: {
        none: (workId) => `no run has collected the comments of the work ${workId}`,
        tooMany: (most) => `the comments of ${most} works are being collected`,
        stuck: (workId, seconds) => `the process that collects the comments of ${workId} did not stop within ${seconds} s`,
        closed: "comments are no longer collected",
      },
    });
  }
}
