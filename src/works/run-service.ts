import { type Clock, untilAborted, within } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import type { Msg } from "../runtime/msg.js";
import type { AnyRun, Runs } from "../store/sql/runs.js";
import type { Store } from "../store/store.js";

/** Dependencies of every service of runs. */
export interface RunServiceOptions {
  readonly store: Pick<Store, "cluster">;
  readonly clock: Clock;
  /** Called when a run failed, which its own reason tells to those who ask for it. @param of what it is about */
  readonly onError: (error: unknown, of: string) => void;
}

/** A kind of runs: what they go through, and how. */
interface RunKind<Asked, Run extends AnyRun, Bounds extends object> {
  /** Name by which one process of a cluster has the run about something. */
  readonly name: string;
  readonly runs: Pick<Runs<Run>, "last" | "lost">;
  /** Goes through what was asked for, keeps what comes of it, and keeps how far the run is. */
  readonly keep: (of: string, asked: Partial<Asked> & { readonly onProgress: (run: Run) => void }, stop: AbortSignal) => Promise<unknown>;
  /** Returns what in a run that is asked for, or in one that was begun, says how far it goes. */
  readonly bounds: { readonly ofAsked: (of: string, asked: Partial<Asked>) => Bounds; readonly ofRun: (run: Run) => Bounds };
  /** Whether a run gives way to one with other bounds: it was begun by the way. None does by default. */
  readonly givesWay?: (run: Run) => boolean;
  /** Refuses what nothing may be kept of. @throws DyliveError erased */
  readonly refuse?: (of: string) => Promise<void>;
  /** Returns a run without what it tells of a person. */
  readonly bare: (run: Run) => Run;
  /** Sentences: there was no run; one with other bounds is under way; there are too many; another process does not end its own; no more are begun. */
  readonly words: {
    readonly none: (of: string) => Msg;
    readonly other: (of: string, since: string, bounds: Bounds) => Msg;
    readonly tooMany: (most: number) => Msg;
    readonly stuck: (of: string, seconds: number) => Msg;
    readonly closed: Msg;
  };
}

/** State of a run. */
export interface RunStatus<Run> {
  readonly run: Run;
  /** Whether a process is at it now. */
  readonly running: boolean;
}

/** Run that is under way in this process. */
interface OpenRun<Run> {
  readonly stop: AbortController;
  /** Fulfilled with its first figures, or with false where another process is at it; fails when it could not be begun. */
  readonly begun: Promise<boolean>;
  readonly ended: Promise<void>;
  /** Fails with what the run failed with. */
  readonly kept: Promise<boolean>;
  latest: Run | null;
  /** Fulfilled when it next has kept something, or is over. */
  news: Promise<void>;
}

/** Runs under way at a time: all but one of them wait for the one page, and each holds the ids of what is known. */
const MOST_RUNS = 10;
/** Runs that an erasure removed of which this process tells how they ended. */
const MOST_REMOVED = 100;
/** Pause before another look at a run that just ends or begins in another process, in ms. */
const LOOK_MS = 50;
/** Pause between two looks at what a run of another process has kept, in ms. */
const WAIT_MS = 250;
/** Longest wait for another process that is told to stop its run, in ms. */
const STOP_WITHIN_MS = 30_000;

/** Runs of one kind into the store beside whatever else the process does: about one thing one at a time, whichever process is at it. */
export class RunService<Asked extends object, Run extends AnyRun, Bounds extends object> {
  readonly #options: RunServiceOptions;
  readonly #kind: RunKind<Asked, Run, Bounds>;
  readonly #open = new Map<string, OpenRun<Run>>();
  /** Runs that ended here after an erasure had removed them from the store. */
  readonly #removed = new Map<string, Run>();
  readonly #closing = new AbortController();

  constructor(options: RunServiceOptions, kind: RunKind<Asked, Run, Bounds>) {
    this.#options = options;
    this.#kind = kind;
  }

  /**
   * Starts a run about something, which goes on with what is kept; gives the one that is under way, if that has the same bounds. One that gives way
   * is stopped for it.
   * @throws DyliveError in_use while another with other bounds is under way; erased, too_many_works, stopping; not_ready and others when the store does
   *   not answer
   */
  async start(of: string, asked: Partial<Asked> = {}): Promise<RunStatus<Run>> {
    for (;;) {
      let isInTheWay = false;
      await this.#started(of, asked, (run) => {
        isInTheWay = !this.#isSame(of, asked, run);
        if (isInTheWay && this.#kind.givesWay?.(run) !== true) throw this.#otherUnderWay(of, run);
      });
      if (!isInTheWay) return this.get(of);
      await this.stop(of);
    }
  }

  /**
   * Starts a run as {@link start} does, or takes the one that is under way whatever its bounds, and looks at what it has kept until that will do or
   * the run is over.
   * @param look returns what the caller waits for; null while it is not there
   * @returns the first that was not null; null when the run ended without it
   * @throws DyliveError what the run failed with in this process, what `start` throws; and the signal's reason
   */
  async startUntil<T>(of: string, asked: Partial<Asked>, look: () => Promise<T | null>, signal: AbortSignal): Promise<T | null> {
    const open = await this.#started(of, asked, () => {});
    let failure: { readonly error: unknown } | null = null;
    open?.kept.catch((error: unknown) => {
      failure = { error };
    });
    for (;;) {
      // Of the run that is under way now: that which was begun here may have given way to another.
      const news = this.#open.get(of)?.news;
      const isOver = (await this.last(of))?.running !== true;
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

  /** Returns the last run, as far as it is now. @throws DyliveError not_found when there was none, or it is no longer kept */
  async get(of: string): Promise<RunStatus<Run>> {
    const last = await this.last(of);
    if (last === null) throw new DyliveError("not_found", this.#kind.words.none(of));
    return last;
  }

  /**
   * Stops the run about something, if it is under way; what it kept stays.
   * @returns the last run
   * @throws DyliveError not_found as `get`; in_use when another process does not stop it
   */
  async stop(of: string): Promise<RunStatus<Run>> {
    const open = this.#open.get(of);
    if (open !== undefined) {
      await end(open);
      return this.get(of);
    }
    const last = await this.get(of);
    const locks = this.#options.store.cluster?.locks;
    if (!last.running || locks === undefined) return last;
    // Its process ends it as soon as somebody waits.
    const until = within(this.#closing.signal, STOP_WITHIN_MS);
    try {
      const giveUp = await locks.take(this.#lockOf(of), () => {}, until);
      await giveUp();
    } catch (error) {
      if (!until.aborted || this.#closing.signal.aborted) throw error;
      throw new DyliveError("in_use", this.#kind.words.stuck(of, STOP_WITHIN_MS / 1000));
    }
    return this.get(of);
  }

  /** Stops all runs, and takes no more. */
  async close(): Promise<void> {
    this.#closing.abort(new DyliveError("stopping", this.#kind.words.closed));
    await Promise.all([...this.#open.values()].map(end));
  }

  /** Returns the last run, as far as it is now; null when there was none, or it is no longer kept. */
  async last(of: string): Promise<RunStatus<Run> | null> {
    const { runs } = this.#kind;
    const { cluster } = this.#options.store;
    const open = this.#open.get(of);
    // Its end is told before it is out of the way.
    if (open !== undefined && open.latest !== null) return { run: open.latest, running: open.latest.endedAt === null };
    const kept = await runs.last(of);
    if (kept === null) {
      const removed = this.#removed.get(of);
      return removed === undefined ? null : { run: removed, running: false };
    }
    if (kept.run.endedAt !== null) return { run: kept.run, running: false };
    // Also one that has begun here and has not told us of it yet.
    if (this.#open.has(of) || (await cluster?.locks.isHeld(this.#lockOf(of))) === true) return { run: kept.run, running: true };
    // Its process is gone: there is nobody else to tell its end.
    await runs.lost(kept.n);
    const now = await runs.last(of);
    return now === null ? null : { run: now.run, running: now.run.endedAt === null };
  }

  #isSame(of: string, asked: Partial<Asked>, run: Run): boolean {
    const { bounds } = this.#kind;
    return JSON.stringify(bounds.ofAsked(of, asked)) === JSON.stringify(bounds.ofRun(run));
  }

  #otherUnderWay(of: string, run: Run): DyliveError {
    const { bounds, words } = this.#kind;
    return new DyliveError("in_use", words.other(of, new Date(run.startedAt).toISOString(), bounds.ofRun(run)));
  }

  /** Starts a run where there is none. @param check judges the run that there is then @returns the run of this process; null where another has it */
  async #started(of: string, asked: Partial<Asked>, check: (run: Run) => void): Promise<OpenRun<Run> | null> {
    const { signal } = this.#closing;
    for (;;) {
      signal.throwIfAborted();
      await this.#kind.refuse?.(of);
      const before = this.#open.get(of);
      if (before !== undefined && before.latest !== null && before.latest.endedAt !== null) await before.ended;
      const open = this.#open.get(of) ?? this.#begin(of, asked);
      if (await open.begun) {
        if (open.latest !== null) check(open.latest);
        return open;
      }
      await open.ended;
      const elsewhere = await this.last(of);
      if (elsewhere?.running === true) {
        check(elsewhere.run);
        return null;
      }
      await this.#options.clock.sleep(LOOK_MS, signal);
    }
  }

  #begin(of: string, asked: Partial<Asked>): OpenRun<Run> {
    if (this.#open.size >= MOST_RUNS) throw new DyliveError("too_many_works", this.#kind.words.tooMany(MOST_RUNS));
    this.#removed.delete(of);
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
    const onProgress = (run: Run) => {
      open.latest = run;
      begin(true);
      tell();
      open.news = next();
    };
    const kept = this.#keep(of, { ...asked, onProgress }, stop);
    const ended = kept
      .then(
        () => {},
        (error: unknown) => this.#options.onError(error, of),
      )
      .then(() => this.#rememberRemoved(of, open.latest))
      .catch((error: unknown) => this.#options.onError(error, of))
      .finally(() => {
        this.#open.delete(of);
        tell();
      });
    const open: OpenRun<Run> = { stop, begun: Promise.race([first, kept]), ended, kept, latest: null, news: next() };
    this.#open.set(of, open);
    return open;
  }

  /** Remembers how a run ended that an erasure has removed meanwhile: whoever asked for it is told, and of nobody. */
  async #rememberRemoved(of: string, run: Run | null): Promise<void> {
    const { runs, bare } = this.#kind;
    if (run === null || (await runs.last(of)) !== null) return;
    const { message } = new DyliveError("erased", "nothing is kept of it");
    this.#removed.set(of, { ...bare(run), endedBy: null, reason: message });
    for (const oldest of this.#removed.keys()) if (this.#removed.size > MOST_REMOVED) this.#removed.delete(oldest);
  }

  /** Goes through what was asked for where no other process does. @returns whether it has */
  async #keep(of: string, asked: Parameters<RunKind<Asked, Run, Bounds>["keep"]>[1], stop: AbortController): Promise<boolean> {
    const giveUp = await this.#options.store.cluster?.locks.tryTake(this.#lockOf(of), () => stop.abort(stopped()));
    if (giveUp === null) return false;
    try {
      await this.#kind.keep(of, asked, stop.signal);
      return true;
    } finally {
      await giveUp?.();
    }
  }

  #lockOf(of: string): string {
    return `${this.#kind.name}:${of}`;
  }
}

function stopped(): DyliveError {
  return new DyliveError("stopping", "the run was stopped");
}

function end({ stop, ended }: OpenRun<AnyRun>): Promise<void> {
  stop.abort(stopped());
  return ended;
}
