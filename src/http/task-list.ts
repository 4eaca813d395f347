import type { FastifyBaseLogger } from "fastify";
import type { Clock } from "../runtime/clock.js";
import { DyliveError, type SentError, sentError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import type { RoomKey } from "../store/log.js";
import type { Deletion } from "../store/sql/deletions.js";
import type { Limits } from "../store/sql/retention.js";
import type { DecodedAnew, DeletedThing, ErasedPerson, ImportedFile, PersonLook, TASK_KINDS, TASK_STATES } from "./v1/task-schemas.js";

/** Callback with the progress of work. */
export type Turn = (what: string, count: number) => void;

/** Raw recordings of a room that this process keeps. */
export interface KeptRecordings {
  readonly now: { readonly files: number; readonly bytes: number };
  readonly beyond: { readonly files: number; readonly bytes: number };
  /** When the oldest began, ms UTC. */
  readonly since: number | null;
}

/** Maintenance service: long work on what is kept. Handed to the API, which knows no files and no threads. */
export interface MaintenanceService {
  /** Finds who would be erased, and erases nothing. */
  find(user: string, turn: Turn, signal: AbortSignal): Promise<PersonLook>;
  /** @param user their id, sec_uid, visible number or nickname @throws DyliveError not_found, bad_request when several are known so */
  erase(user: string, keep: boolean, turn: Turn, signal: AbortSignal): Promise<ErasedPerson>;
  /** Removes what is kept of what was deleted. Where it is ended before its time, the server goes on with it within minutes. */
  delete(deletion: Deletion, turn: Turn, signal: AbortSignal): Promise<DeletedThing>;
  /** @throws DyliveError not_found when nothing was recorded */
  assertRecorded(room: RoomKey, sessionId: string | null): Promise<void>;
  redecode(room: RoomKey, sessionId: string | null, turn: Turn, signal: AbortSignal): Promise<DecodedAnew>;
  /** @param file absolute path on this machine @throws DyliveError bad_file, file_failed */
  import(file: string, turn: Turn, signal: AbortSignal): Promise<ImportedFile>;
  /** Returns how much is kept of the raw recordings of a room, and how much of that is beyond these limits. */
  recordings(room: RoomKey, limits: Limits): Promise<KeptRecordings>;
}

/** Tasks that are kept; beyond it ended ones are forgotten, oldest first. */
const KEPT = 50;

type TaskResult = ErasedPerson | PersonLook | DecodedAnew | DeletedThing | ImportedFile;

/** Requested long work. The person or thing that it is about is not kept. */
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
  error: SentError | null;
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
    if (this.#running !== null) throw new DyliveError("in_use", msg`task ${this.#running.id} is under way; one is done at a time`);
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

  /** Forgets a task that could not begin. */
  forget(id: string): void {
    this.#tasks.delete(id);
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
    const failure = error instanceof DyliveError ? error : new DyliveError("internal", "the task failed", error);
    if (failure.row.status >= 500) this.#logger.error({ err: error, task: task.id, kind: task.kind }, "a task failed");
    task.error = sentError(failure);
  }
}
