import type { Exports } from "../exports/exports.js";
import type { RoomKey } from "../store/log.js";
import type { LimitsOf, Retention } from "../store/retention.js";
import type { Search } from "../store/search.js";
import type { Statistics } from "../store/statistics.js";
import type { TaskSteps } from "./tasks.js";

/** Calls of an interface as jobs whose names begin with `P`: asked for by its parameters. */
type Calls<P extends string, T> = {
  [K in keyof T & string as `${P}.${K}`]: T[K] extends (...ask: infer A) => Promise<infer R>
    ? { readonly ask: A; readonly answer: R }
    : never;
};

/**
 * Jobs that are done beside the main thread, so that nothing holds up heartbeats and appends: what a job is asked with, and what it
 * answers. Both are copied between threads: plain data, maps, bigints and bytes, no functions and no classes. What a job does stands in
 * `run.ts`.
 *
 * A job is short (some 50 ms): long work is a row of jobs, each with a cursor, so that it can be broken off and others get their turn.
 */
export type Jobs = Calls<"statistics", Statistics> &
  Calls<"search", Search> &
  Calls<"retention", Retention> &
  Calls<"export", Exports> &
  Calls<"task", TaskSteps> & {
    /** Counts the next events of a room; whether there may be more to do. */
    readonly "statistics.advance": { readonly ask: readonly [room: RoomKey]; readonly answer: boolean };
    /** Removes some of what a room keeps beyond its limits; whether there may be more. */
    readonly "retention.step": { readonly ask: readonly [room: RoomKey, limits: LimitsOf, now: number]; readonly answer: boolean };
    /** Removes the oldest events of a room; whether there were any. */
    readonly "retention.shed": { readonly ask: readonly [room: RoomKey, now: number]; readonly answer: boolean };
  };
/** The name of a job. */
export type JobName = keyof Jobs;

/** Runner of jobs, wherever they are done. */
export interface JobDesk {
  /**
   * Does a job.
   * @param signal aborts it, if it heeds the signal; the answer is then the signal's reason
   * @throws DyliveError whatever the job throws; `internal` when the thread ended or too much waits for it; `stopping`
   */
  run<N extends JobName>(name: N, ask: Jobs[N]["ask"], signal?: AbortSignal): Promise<Jobs[N]["answer"]>;
  /** Ends what is under way. */
  close(): Promise<void>;
}
