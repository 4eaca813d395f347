import { DyliveError } from "../runtime/errors.js";
import type { Msg } from "../runtime/msg.js";
import type { AnyRun, Runs } from "../store/sql/runs.js";
import { ExclusiveTasks, type ExclusiveTasksOptions } from "./exclusive-tasks.js";

/** A kind of runs: what they go through, and how. */
interface RunKind<Asked, Run extends AnyRun, Bounds extends object> {
  /** Name by which one process of a cluster has the run about something. */
  readonly name: string;
  readonly runs: Pick<Runs<Run>, "last" | "lost">;
  /** Goes through what was asked for, keeps what comes of it, and keeps how far the run is. */
  readonly keep: (of: string, asked: Partial<Asked> & { readonly onProgress: (run: Run) => void }, stop: AbortSignal) => Promise<unknown>;
  /** Returns the bounds of a run that is asked for, or of one that was begun. */
  readonly bounds: { readonly ofAsked: (of: string, asked: Partial<Asked>) => Bounds; readonly ofRun: (run: Run) => Bounds };
  /** Whether a run gives way to one with other bounds. None does by default. */
  readonly givesWay?: (run: Run) => boolean;
  /** Refuses what nothing may be kept of. @throws DyliveError erased */
  readonly refuse?: (of: string) => Promise<void>;
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

/** Most runs under way at a time: all but one of them wait for the one page, and each holds the ids of what is known. */
const MOST_RUNS = 10;

/** Runs of one kind into the store beside whatever else the process does: about one thing one at a time, whichever process is at it. */
export class RunService<Asked extends object, Run extends AnyRun, Bounds extends object> {
  readonly #options: ExclusiveTasksOptions;
  readonly #kind: RunKind<Asked, Run, Bounds>;
  readonly #tasks: ExclusiveTasks<Run>;

  constructor(options: ExclusiveTasksOptions, kind: RunKind<Asked, Run, Bounds>) {
    const { name, words } = kind;
    this.#options = options;
    this.#kind = kind;
    this.#tasks = new ExclusiveTasks(options, {
      ...words,
      name,
      most: MOST_RUNS,
      tooMany: words.tooMany(MOST_RUNS),
      stopped: "the run was stopped",
    });
  }

  /**
   * Starts a run about something, which goes on with what is kept; gives the one that is under way, if that has the same bounds. One that gives way
   * is stopped for it.
   * @throws DyliveError in_use while another with other bounds is under way; erased, too_many_works, stopping; not_ready and others when the store
   *   does not answer
   */
  async start(of: string, asked: Partial<Asked> = {}): Promise<RunStatus<Run>> {
    const { bounds, givesWay, words } = this.#kind;
    for (;;) {
      const { state: run } = await this.#started(of, asked);
      if (JSON.stringify(bounds.ofAsked(of, asked)) === JSON.stringify(bounds.ofRun(run))) return this.get(of);
      if (givesWay?.(run) !== true)
        throw new DyliveError("in_use", words.other(of, new Date(run.startedAt).toISOString(), bounds.ofRun(run)));
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
    const { task } = await this.#started(of, asked);
    for (;;) {
      const isOver = (await this.last(of))?.running !== true;
      const found = await look();
      if (found !== null) return found;
      if (isOver) {
        await task?.done;
        return null;
      }
      await Promise.race([this.#options.clock.sleep(250, signal), task?.ended]);
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
    if (await this.#tasks.stop(of)) return this.get(of);
    const last = await this.get(of);
    if (!last.running) return last;
    await this.#tasks.stopElsewhere(of, async () => {});
    return this.get(of);
  }

  /** Stops all runs, and takes no more. */
  close(): Promise<void> {
    return this.#tasks.close();
  }

  /** Returns the last run, as far as it is now; null when there was none, or it is no longer kept. */
  async last(of: string): Promise<RunStatus<Run> | null> {
    const { runs } = this.#kind;
    const run = this.#tasks.get(of)?.state ?? null;
    // Its end is here before it is out of the way.
    if (run !== null) return { run, running: run.endedAt === null };
    const kept = await runs.last(of);
    if (kept === null || kept.run.endedAt !== null) return kept === null ? null : { run: kept.run, running: false };
    if (await this.#tasks.isHeld(of)) return { run: kept.run, running: true };
    await runs.lost(kept.n); // its process is gone
    const now = await runs.last(of);
    return now === null ? null : { run: now.run, running: now.run.endedAt === null };
  }

  /** Starts a run if there is none. @returns the run that there is, and the task of this process */
  async #started(of: string, asked: Partial<Asked>): ReturnType<ExclusiveTasks<Run>["start"]> {
    const { keep, refuse } = this.#kind;
    await refuse?.(of);
    return this.#tasks.start(
      of,
      async (onProgress, stop) => void (await keep(of, { ...asked, onProgress }, stop.signal)),
      async () => {
        const last = await this.last(of);
        return last?.running === true ? last.run : null;
      },
    );
  }
}

/** Way through a page. */
interface PageRun<Run, Batch> {
  /** What the run is about. */
  readonly of: string;
  /** Returns how far it is. */
  status(): Run;
  batches(signal: AbortSignal): AsyncGenerator<Batch, void, void>;
  /** @param n the number of the run */
  keep(batch: Batch, n: number): Promise<void>;
}

/**
 * Keeps what a run brings as it comes, and then how far the run is: a run must not say more than is kept.
 * @throws what ended it, but for its signal; the run is then kept with a reason, and without an end of its own
 */
export async function keepRun<Run extends AnyRun, Batch>(
  runs: Runs<Run>,
  { of, status, batches, keep }: PageRun<Run, Batch>,
  { clock, onProgress }: Pick<ExclusiveTasksOptions, "clock"> & { readonly onProgress: (run: Run) => void },
  signal: AbortSignal,
): Promise<Run> {
  const n = await runs.begin(status());
  onProgress(status());
  let failure: string | null = null;
  try {
    for await (const batch of batches(signal)) {
      await keep(batch, n);
      await runs.tell(n, { ...status(), endedBy: null, endedAt: null }, clock.now());
      onProgress(status());
    }
  } catch (error) {
    // Other errors may name what is not for the caller, such as paths.
    failure = error instanceof DyliveError ? error.message : "it failed; the log says why";
    if (error instanceof DyliveError && error.code === "erased") await runs.removeOf(of); // it names them, or a work of theirs
    throw error;
  } finally {
    const last = failure === null ? status() : { ...status(), endedBy: null, reason: failure };
    await runs.tell(n, last, clock.now());
    onProgress(last);
  }
  return status();
}
