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

/** Returns what takes its time, done where jobs are done. */
export function partsAt(jobs: JobExecutor): Pick<Store, "statistics" | "search" | "retention"> & { readonly exports: Exports } {
  return { statistics: statisticsAt(jobs), search: searchAt(jobs), retention: retentionAt(jobs), exports: exportsAt(jobs) };
}

/** Returns exports that are made where jobs are done: reading and writing a few hundred thousand events takes seconds. */
function exportsAt(jobs: JobExecutor): Exports {
  return {
    open: (...ask) => jobs.run("export.open", ask),
    next: (...ask) => jobs.run("export.next", ask),
    close: (...ask) => jobs.run("export.close", ask),
  };
}

/** Returns retention that is done where jobs are done: giving room back takes the write lock for its time. */
function retentionAt(jobs: JobExecutor): Retention {
  return {
    limits: (...ask) => jobs.run("retention.limits", ask),
    setLimits: (...ask) => jobs.run("retention.setLimits", ask),
    size: (...ask) => jobs.run("retention.size", ask),
    storeSize: (...ask) => jobs.run("retention.storeSize", ask),
    giveBack: (...ask) => jobs.run("retention.giveBack", ask),
    days: (...ask) => jobs.run("retention.days", ask),
    dropDays: (...ask) => jobs.run("retention.dropDays", ask),
    horizon: (...ask) => jobs.run("retention.horizon", ask),
    setHorizon: (...ask) => jobs.run("retention.setHorizon", ask),
  };
}

/** Returns search that is done where jobs are done: comparing some thousand texts takes its time. */
function searchAt(jobs: JobExecutor): Search {
  return {
    behind: (...ask) => jobs.run("search.behind", ask),
    advance: (...ask) => jobs.run("search.advance", ask),
    reset: (...ask) => jobs.run("search.reset", ask),
    find: (...ask) => jobs.run("search.find", ask),
    purge: (...ask) => jobs.run("search.purge", ask),
    verify: (...ask) => jobs.run("search.verify", ask),
  };
}

/** Returns statistics that are read and written where jobs are done: a rank of a hundred thousand people takes its time. */
function statisticsAt(jobs: JobExecutor): Statistics {
  return {
    progress: (...ask) => jobs.run("statistics.progress", ask),
    task: (...ask) => jobs.run("statistics.task", ask),
    sweep: (...ask) => jobs.run("statistics.sweep", ask),
    commit: (...ask) => jobs.run("statistics.commit", ask),
    reset: (...ask) => jobs.run("statistics.reset", ask),
    forget: (...ask) => jobs.run("statistics.forget", ask),
    expire: (...ask) => jobs.run("statistics.expire", ask),
    sessions: (...ask) => jobs.run("statistics.sessions", ask),
    minutes: (...ask) => jobs.run("statistics.minutes", ask),
    people: (...ask) => jobs.run("statistics.people", ask),
    gifts: (...ask) => jobs.run("statistics.gifts", ask),
    audience: (...ask) => jobs.run("statistics.audience", ask),
    witnesses: (...ask) => jobs.run("statistics.witnesses", ask),
    words: (...ask) => jobs.run("statistics.words", ask),
    person: (...ask) => jobs.run("statistics.person", ask),
    personRooms: (...ask) => jobs.run("statistics.personRooms", ask),
    personTotal: (...ask) => jobs.run("statistics.personTotal", ask),
    broadcasts: (...ask) => jobs.run("statistics.broadcasts", ask),
    named: (...ask) => jobs.run("statistics.named", ask),
  };
}

/** Message of the main thread: a job, the end of one, or the end of all. */
export type ToThread =
  | { readonly id: number; readonly name: JobName; readonly ask: readonly unknown[] }
  | { readonly abort: number }
  | { readonly close: true };

/** Message of the thread: the outcome of a job, or what it tells before. */
export type FromThread = { readonly id: number } & (
  | { readonly answer: unknown }
  | { readonly error: SentError }
  | { readonly news: unknown }
);
