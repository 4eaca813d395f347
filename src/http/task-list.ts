import type { FastifyBaseLogger } from "fastify";
import type { Clock } from "../runtime/clock.js";
import { DyliveError, type ErrorCode } from "../runtime/errors.js";
import type { RoomKey } from "../store/log.js";
import type { DecodedAnew, ErasedPerson, Turn } from "./maintenance-service.js";

/** Tasks that are kept; beyond it ended ones are forgotten, oldest first. */
const KEPT = 50;

export const TASK_KINDS = ["erase", "redecode"] as const;
export const TASK_STATES = ["running", "done", "failed", "stopped"] as const;

type TaskResult = ErasedPerson | DecodedAnew;

/** Long work that somebody asked for. The person or thing that it is about is not kept. */
export interface Task {
  readonly id: string;
  readonly kind: (typeof TASK_KINDS)[number];
  /** Null: all rooms. */
  readonly room: RoomKey | null;
  state: (typeof TASK_STATES)[number];
  /** ms UTC */
  readonly startedAt: number;
  endedAt: number | null;
  progress: { readonly what: string; readonly count: number } | null;
  result: TaskResult | null;
  error: { readonly code: ErrorCode; readonly message: string; readonly hint: string } | null;
}

/** Runs long work on what is kept: one task at a time, since one could bring back what the other takes out. */
export class TaskList {
  readonly #clock: Clock;
  readonly #logger: FastifyBaseLogger;
  readonly #tasks = new Map<string, Task>();
  #running: { readonly id: string; readonly stop: AbortController; readonly ended: Promise<void> } | null = null;
  #last = 0;

  constructor(clock: Clock, logger: FastifyBaseLogger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Begins work. @throws DyliveError in_use while there is other work */
  start(kind: Task["kind"], room: RoomKey | null, work: (turn: Turn, signal: AbortSignal) => Promise<TaskResult>): Task {
    if (this.#running !== null) throw new DyliveError("in_use", `task ${this.#running.id} is under way; one is done at a time`);
    const task: Task = {
      id: String(++this.#last),
      kind,
      room,
      state: "running",
      startedAt: this.#clock.now(),
      endedAt: null,
      progress: null,
      result: null,
      error: null,
    };
    this.#tasks.set(task.id, task);
    for (const id of [...this.#tasks.keys()].slice(0, -KEPT)) this.#tasks.delete(id);
    const stop = new AbortController();
    this.#running = { id: task.id, stop, ended: this.#do(task, work, stop.signal) };
    return task;
  }

  /** Returns the tasks, newest first. */
  list(): readonly Task[] {
    return [...this.#tasks.values()].reverse();
  }

  get(id: string): Task | null {
    return this.#tasks.get(id) ?? null;
  }

  /** Stops a task, if it is under way: what is done stays done. */
  async stop(id: string): Promise<void> {
    if (this.#running?.id !== id) return;
    this.#running.stop.abort(new DyliveError("stopping", "the task was stopped"));
    await this.#running.ended;
  }

  /** Stops the task that is under way. */
  async close(): Promise<void> {
    if (this.#running !== null) await this.stop(this.#running.id);
  }

  async #do(task: Task, work: (turn: Turn, signal: AbortSignal) => Promise<TaskResult>, signal: AbortSignal): Promise<void> {
    try {
      task.result = await work((what, count) => {
        task.progress = { what, count };
      }, signal);
      task.state = "done";
    } catch (error) {
      task.state = signal.aborted ? "stopped" : "failed";
      if (!signal.aborted) this.#failed(task, error);
    }
    task.endedAt = this.#clock.now();
    this.#running = null;
  }

  #failed(task: Task, error: unknown): void {
    const told = error instanceof DyliveError ? error : new DyliveError("internal", "the task failed", error);
    if (told.row.status >= 500) this.#logger.error({ err: error, task: task.id, kind: task.kind }, "a task failed");
    task.error = { code: told.code, message: told.message, hint: told.row.hint };
  }
}
