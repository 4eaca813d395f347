import { type Clock, untilAborted, within } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import type { Store } from "../store/store.js";
import { type KeepOptions, keepComments } from "./kept-comments.js";
import type { CommentRun } from "./model/comment.js";
import type { Work } from "./model/work.js";
import { erasedAuthor, type WorkService } from "./work-service.js";

/** Dependencies of the service of runs. */
interface CommentRunServiceOptions extends Pick<KeepOptions, "reader" | "erased"> {
  readonly store: Pick<Store, "comments" | "commentRuns" | "cluster">;
  /** Keeps the work itself, by which an erasure finds whose comments these are. */
  readonly works: Pick<WorkService, "keep">;
  readonly clock: Clock;
  /** Called when a run failed, which its own reason tells to those who ask for it. */
  readonly onError: (error: unknown, workId: string) => void;
}

/** Bounds of a run that is asked for. */
export type AskedRun = Pick<KeepOptions, "limit" | "replies" | "withinMs">;

/** State of a work's run. */
export interface CommentRunStatus {
  readonly run: CommentRun;
  /** Whether a process is at it now. */
  readonly running: boolean;
}

/** Run that is under way in this process. */
interface OpenRun {
  readonly stop: AbortController;
  /** Fulfilled with its first figures, or with false where another process is at the work; fails when it could not be begun. */
  readonly begun: Promise<boolean>;
  readonly ended: Promise<void>;
  /** Fails with what the run failed with. */
  readonly kept: Promise<boolean>;
  latest: CommentRun | null;
  /** Fulfilled when it next has kept something, or is over. */
  news: Promise<void>;
}

/** Runs under way at a time: all but one of them wait for the one page, and each holds the ids of what is known. */
const MOST_RUNS = 10;
/** Pause before another look at a work whose run just ends or begins in another process, in ms. */
const LOOK_MS = 50;
/** Pause between two looks at what a run of another process has kept, in ms. */
const WAIT_MS = 250;
/** Longest wait for another process that is told to stop its run, in ms. */
const STOP_WITHIN_MS = 30_000;

/** Runs that collect comments into the store beside whatever else the process does: of a work one at a time, whichever process is at it. */
export class CommentRunService {
  readonly #options: CommentRunServiceOptions;
  readonly #open = new Map<string, OpenRun>();
  readonly #closing = new AbortController();

  constructor(options: CommentRunServiceOptions) {
    this.#options = options;
  }

  /**
   * Starts a run of a work, which goes on with what is kept; gives the one that is under way, if there is one.
   * @throws DyliveError too_many_works, stopping; not_ready and others when the store does not answer
   */
  async start(workId: string, asked: AskedRun = {}): Promise<CommentRunStatus> {
    await this.#started(workId, asked);
    return this.get(workId);
  }

  /**
   * Starts a run of a work as {@link start} does, and looks at what it has kept until that will do or the run is over.
   * @param look returns what the caller waits for; null while it is not there
   * @returns the first that was not null; null when the run ended without it
   * @throws DyliveError what the run failed with in this process, what `start` throws; and the signal's reason
   */
  async startUntil<T>(workId: string, asked: AskedRun, look: () => Promise<T | null>, signal: AbortSignal): Promise<T | null> {
    const open = await this.#started(workId, asked);
    let failure: { readonly error: unknown } | null = null;
    open?.kept.catch((error: unknown) => {
      failure = { error };
    });
    for (;;) {
      const news = open?.news;
      const isOver = (await this.last(workId))?.running !== true;
      const found = await look();
      if (found !== null) return found;
      if (isOver) {
        await open?.ended;
        if (failure !== null) throw (failure as { readonly error: unknown }).error;
        return null;
      }
      await (news === undefined ? this.#options.clock.sleep(WAIT_MS, signal) : untilAborted(news, signal));
    }
  }

  /** Returns the last run of a work, as far as it is now. @throws DyliveError not_found when there was none, or it is no longer kept */
  async get(workId: string): Promise<CommentRunStatus> {
    const last = await this.last(workId);
    if (last === null) throw new DyliveError("not_found", `no run has collected the comments of the work ${workId}`);
    return last;
  }

  /**
   * Stops the run of a work, if it is under way; what it collected stays.
   * @returns the last run
   * @throws DyliveError not_found as `get`; in_use when another process does not stop it
   */
  async stop(workId: string): Promise<CommentRunStatus> {
    const open = this.#open.get(workId);
    if (open !== undefined) {
      await end(open);
      return this.get(workId);
    }
    const last = await this.get(workId);
    const locks = this.#options.store.cluster?.locks;
    if (!last.running || locks === undefined) return last;
    // Its process ends it as soon as somebody waits.
    const until = within(this.#closing.signal, STOP_WITHIN_MS);
    try {
      const giveUp = await locks.take(lockOf(workId), () => {}, until);
      await giveUp();
    } catch (error) {
      if (!until.aborted || this.#closing.signal.aborted) throw error;
      throw new DyliveError("in_use", `the process that collects the comments of ${workId} did not stop within ${STOP_WITHIN_MS / 1000} s`);
    }
    return this.get(workId);
  }

  /** Stops all runs, and takes no more. */
  async close(): Promise<void> {
    this.#closing.abort(new DyliveError("stopping", "comments are no longer collected"));
    await Promise.all([...this.#open.values()].map(end));
  }

  /** Returns the last run of a work, as far as it is now; null when there was none, or it is no longer kept. */
  async last(workId: string): Promise<CommentRunStatus | null> {
    const { commentRuns, cluster } = this.#options.store;
    const open = this.#open.get(workId);
    if (open !== undefined && open.latest !== null) return { run: open.latest, running: true };
    const kept = await commentRuns.last(workId);
    if (kept === null) return null;
    if (kept.run.endedAt !== null) return { run: kept.run, running: false };
    // Also one that has begun here and has not told us of it yet.
    if (this.#open.has(workId) || (await cluster?.locks.isHeld(lockOf(workId))) === true) return { run: kept.run, running: true };
    // Its process is gone: there is nobody else to tell its end.
    await commentRuns.lost(kept.n);
    const now = await commentRuns.last(workId);
    return now === null ? null : { run: now.run, running: now.run.endedAt === null };
  }

  /** Starts a run where there is none. @returns the run of this process; null where another process has it */
  async #started(workId: string, asked: AskedRun): Promise<OpenRun | null> {
    const { signal } = this.#closing;
    for (;;) {
      signal.throwIfAborted();
      const open = this.#open.get(workId) ?? this.#begin(workId, asked);
      if (await open.begun) return open;
      await open.ended;
      if ((await this.last(workId))?.running === true) return null;
      await this.#options.clock.sleep(LOOK_MS, signal);
    }
  }

  #begin(workId: string, asked: AskedRun): OpenRun {
    if (this.#open.size >= MOST_RUNS) throw new DyliveError("too_many_works", `the comments of ${MOST_RUNS} works are being collected`);
    const stop = new AbortController();
    let begin: (isHere: boolean) => void = () => {};
    const first = new Promise<boolean>((resolve) => {
      begin = resolve;
    });
    let tell: () => void = () => {};
    const next = () =>
      new Promise<void>((resolve) => {
        tell = resolve;
      });
    const onProgress = (run: CommentRun) => {
      open.latest = run;
      begin(true);
      tell();
      open.news = next();
    };
    const kept = this.#keep(workId, { ...asked, onProgress }, stop);
    const ended = kept
      .then(
        () => {},
        (error: unknown) => this.#options.onError(error, workId),
      )
      .finally(() => {
        this.#open.delete(workId);
        tell();
      });
    const open: OpenRun = { stop, begun: Promise.race([first, kept]), ended, kept, latest: null, news: next() };
    this.#open.set(workId, open);
    return open;
  }

  /** Collects the comments of a work where no other process does. @returns whether it has */
  async #keep(workId: string, asked: AskedRun & Pick<KeepOptions, "onProgress">, stop: AbortController): Promise<boolean> {
    const { reader, store, works, clock, erased } = this.#options;
    const giveUp = await store.cluster?.locks.tryTake(lockOf(workId), () => stop.abort(stopped()));
    if (giveUp === null) return false;
    const onWork = async (work: Work, reply: string | null) => {
      if ((await works.keep({ work, reply })) !== null) return;
      await store.commentRuns.removeOf(workId); // it names a work of theirs
      throw erasedAuthor(workId);
    };
    try {
      await keepComments(store, { id: workId, page: null }, { ...asked, reader, clock, erased, onWork }, stop.signal);
      return true;
    } finally {
      await giveUp?.();
    }
  }
}

/** Returns the name by which one process of a cluster collects the comments of a work. */
function lockOf(workId: string): string {
  return `comments:${workId}`;
}

function stopped(): DyliveError {
  return new DyliveError("stopping", "the run was stopped");
}

function end({ stop, ended }: OpenRun): Promise<void> {
  stop.abort(stopped());
  return ended;
}
