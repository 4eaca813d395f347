import type { Exports } from "../exports/export.js";
import type { SentError } from "../runtime/errors.js";
import type { Retention } from "../store/sql/retention.js";
import type { Search } from "../store/sql/search.js";
import type { Statistics } from "../store/sql/statistics.js";
import type { Store } from "../store/store.js";
import type { Loops, Tasks } from "./long-work.js";

/** Calls of an interface as jobs whose names begin with `P`: asked for by its parameters. */
type Calls<P extends string, T> = {
  [K in keyof T & string as `${P}.${K}`]: T[K] extends (...ask: infer A) => Promise<infer R>
    ? { readonly ask: A; readonly news: never; readonly answer: R }
    : never;
};

/** Long work as jobs whose names begin with `P`. */
type Long<P extends string, T extends { readonly [K in keyof T]: { readonly ask: unknown } }> = {
  [K in keyof T & string as `${P}.${K}`]: Omit<T[K], "ask"> & { readonly ask: readonly [T[K]["ask"]] };
};

/**
 * Jobs that are done beside the main thread, so that nothing holds up heartbeats and appends: what a job is asked with, what it tells
 * meanwhile, and what it answers. All are copied between threads: plain data, maps, bigints and bytes, no functions and no classes. What a
 * job does stands in `thread.ts`.
 *
 * Calls are short (some 50 ms). Tasks and loops are long: they let others have their turn after each step, and end when they are aborted.
 */
export type Jobs = Calls<"statistics", Statistics> &
  Calls<"search", Search> &
  Calls<"retention", Retention> &
  Calls<"export", Exports> &
  Long<"task", Tasks> &
  Long<"loop", Loops>;
/** The name of a job. */
export type JobName = keyof Jobs;

/** Options of a job that is followed, or ended before its time. */
export interface JobOptions<N extends JobName> {
  /** Ends the job, if it heeds the signal: the error is then the signal's reason. */
  readonly signal?: AbortSignal;
  readonly onNews?: (news: Jobs[N]["news"]) => void;
}

/** Runner of jobs, wherever they are done. */
export interface JobExecutor {
  /**
   * Does a job.
   * @throws DyliveError whatever the job throws; `internal` when the thread ended or too much waits for it; `stopping`
   */
  run<N extends JobName>(name: N, ask: Jobs[N]["ask"], options?: JobOptions<N>): Promise<Jobs[N]["answer"]>;
  /** Ends what is under way. */
  close(): Promise<void>;
}

/** Parts of a store whose calls are jobs: each takes its time, or holds the write lock for it. */
interface JobParts extends Pick<Store, "statistics" | "search" | "retention"> {
  readonly exports: Exports;
}

/** Returns what takes its time, done where jobs are done. */
export function partsAt(jobs: JobExecutor): JobParts {
  const part = <P extends keyof JobParts>(name: string): JobParts[P] =>
    // A call's name and parameters are those of its job, as `Jobs` says; TypeScript cannot follow that through a proxy.
    new Proxy({} as JobParts[P], {
      get:
        (_part, call) =>
        (...ask: never) =>
          jobs.run(`${name}.${String(call)}` as JobName, ask),
    });
  return {
    statistics: part<"statistics">("statistics"),
    search: part<"search">("search"),
    retention: part<"retention">("retention"),
    exports: part<"exports">("export"),
  };
}

/** Message of the main thread: a job, the end of one, or the end of all. */
export type ToThread =
  | { readonly id: number; readonly name: JobName; readonly ask: readonly unknown[] }
  | { readonly abort: number }
  | { readonly close: true };

/** Message of the thread: that it has appended; or the outcome of a job, or what it tells before. */
export type FromThread =
  | { readonly appended: true }
  | ({ readonly id: number } & ({ readonly answer: unknown } | { readonly error: SentError } | { readonly news: unknown }));
