import type { Clock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import type { Store } from "../store/store.js";
import { type KeepOptions, keepComments } from "./kept-comments.js";
import type { CommentRun } from "./model/comment.js";

/** Dependencies of the service of runs. */
interface CommentRunServiceOptions extends Pick<KeepOptions, "reader"> {
  readonly store: Pick<Store, "comments" | "commentRuns">;
  readonly clock: Clock;
  /** Called when a run failed, which its own reason tells to those who ask for it. */
  readonly onError: (error: unknown, workId: string) => void;
}

/** State of a work's run. */
export interface CommentRunStatus {
  readonly run: CommentRun;
  /** Whether this process is at it; one that has no end though nobody is at it lost its process. */
  readonly running: boolean;
}

/** Run that is under way. */
interface OpenRun {
  readonly stop: AbortController;
  /** Fulfilled with its first figures; fails when it could not be begun. */
  readonly begun: Promise<unknown>;
  readonly ended: Promise<void>;
  latest: CommentRun | null;
}

/** Runs under way at a time: all but one of them wait for the one page, and each holds the ids of what is known. */
const MOST_RUNS = 10;

/** Runs that collect comments into the store beside whatever else the process does: one of a work at a time. */
export class CommentRunService {
  readonly #options: CommentRunServiceOptions;
  readonly #open = new Map<string, OpenRun>();
  #closed = false;

  constructor(options: CommentRunServiceOptions) {
    this.#options = options;
  }

  /**
   * Starts a run of a work, which goes on with what is kept; gives the one that is under way, if there is one.
   * @throws DyliveError too_many_works, stopping; not_ready and others when the store does not answer
   */
  async start(workId: string, asked: Pick<KeepOptions, "limit" | "replies"> = {}): Promise<CommentRunStatus> {
    if (this.#closed) throw new DyliveError("stopping", "comments are no longer collected");
    const open = this.#open.get(workId) ?? this.#begin(workId, asked);
    await open.begun;
    return this.get(workId);
  }

  /** Returns the last run of a work, as far as it is now. @throws DyliveError not_found when there was none, or it is no longer kept */
  async get(workId: string): Promise<CommentRunStatus> {
    const open = this.#open.get(workId);
    if (open !== undefined && open.latest !== null) return { run: open.latest, running: true };
    const kept = await this.#options.store.commentRuns.last(workId);
    if (kept === null) throw new DyliveError("not_found", `no run has collected the comments of the work ${workId}`);
    return { run: kept.run, running: false };
  }

  /** Stops the run of a work, if it is under way; what it collected stays. @returns the last run @throws DyliveError not_found as `get` */
  async stop(workId: string): Promise<CommentRunStatus> {
    const open = this.#open.get(workId);
    if (open === undefined) return this.get(workId);
    await end(open);
    return this.get(workId);
  }

  /** Stops all runs, and takes no more. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#open.values()].map(end));
  }

  #begin(workId: string, asked: Pick<KeepOptions, "limit" | "replies">): OpenRun {
    if (this.#open.size >= MOST_RUNS) throw new DyliveError("too_many_works", `the comments of ${MOST_RUNS} works are being collected`);
    const { reader, store, clock, onError } = this.#options;
    const stop = new AbortController();
    let begin: () => void = () => {};
    const first = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const onProgress = (run: CommentRun) => {
      open.latest = run;
      begin();
    };
    const kept = keepComments(store, { id: workId, page: null }, { ...asked, reader, clock, onProgress }, stop.signal);
    const ended = kept
      .then(
        () => {},
        (error: unknown) => onError(error, workId),
      )
      .finally(() => this.#open.delete(workId));
    const open: OpenRun = { stop, begun: Promise.race([first, kept]), ended, latest: null };
    this.#open.set(workId, open);
    return open;
  }
}

function end({ stop, ended }: OpenRun): Promise<void> {
  stop.abort(new DyliveError("stopping", "the run was stopped"));
  return ended;
}
