import { type Clock, within } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import type { Msg } from "../runtime/msg.js";
import type { Store } from "../store/store.js";

/** Dependencies of tasks. */
export interface ExclusiveTasksOptions {
  readonly store: Pick<Store, "cluster">;
  readonly clock: Clock;
  /** Called when a task failed; its own state has the reason for its callers. @param key what it is about */
  readonly onError: (error: unknown, key: string) => void;
}

/** A kind of tasks. */
interface ExclusiveTaskKind {
  /** Beginning of the names of their locks in a cluster. */
  readonly name: string;
  /** Most that are under way at a time: nearly all wait for the one page. */
  readonly most: number;
  readonly tooMany: Msg;
  /** Another process does not end its own. */
  readonly stuck: (key: string, seconds: number) => Msg;
  /** No more are begun. */
  readonly closed: Msg;
  /** Reason with which one is stopped. */
  readonly stopped: string;
}

/** ExclusiveTask that is under way in this process. */
interface ExclusiveTask<State> {
  readonly stop: AbortController;
  /** Fulfilled when it has begun, or with false if another process is at it; fails if it could not be begun. */
  readonly begun: Promise<boolean>;
  /** Fails with its error. */
  readonly done: Promise<boolean>;
  readonly ended: Promise<void>;
  /** How far it is; null before it has begun. */
  state: State | null;
}

/** Longest wait for another process to stop its task, in ms. */
const STOP_WITHIN_MS = 30_000;

/** ExclusiveTasks of one kind: one about a thing at a time, in whichever process of a cluster. */
export class ExclusiveTasks<State extends { readonly endedAt: number | null }> {
  readonly #options: ExclusiveTasksOptions;
  readonly #kind: ExclusiveTaskKind;
  readonly #all = new Map<string, ExclusiveTask<State>>();
  readonly #closing = new AbortController();

  constructor(options: ExclusiveTasksOptions, kind: ExclusiveTaskKind) {
    this.#options = options;
    this.#kind = kind;
  }

  /** Aborts when no more are begun. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  get all(): readonly ExclusiveTask<State>[] {
    return [...this.#all.values()];
  }

  get(key: string): ExclusiveTask<State> | undefined {
    return this.#all.get(key);
  }

  /**
   * Finds the task about a thing, or begins one.
   * @param work does the task; it has begun with its first `update`
   * @param elsewhere returns the state of another process's task; null if there is none
   * @throws DyliveError too_many_works, stopping; what the work threw before it began
   */
  async start(
    key: string,
    work: Parameters<ExclusiveTasks<State>["begin"]>[1],
    elsewhere: () => Promise<State | null>,
  ): Promise<{ readonly task: ExclusiveTask<State> | null; readonly state: State }> {
    for (;;) {
      this.#closing.signal.throwIfAborted();
      const ending = this.#all.get(key);
      if (ending?.state != null && ending.state.endedAt !== null) await ending.ended;
      const task = this.#all.get(key) ?? this.begin(key, work);
      if ((await task.begun) && task.state !== null) return { task, state: task.state };
      await task.ended;
      const state = await elsewhere();
      if (state !== null) return { task: null, state };
      // It just ends or begins in another process.
      await this.#options.clock.sleep(50, this.#closing.signal);
    }
  }

  /** Begins a task about a thing that has none in this process. @throws DyliveError too_many_works */
  begin(key: string, work: (update: (state: State) => void, stop: AbortController) => Promise<void>): ExclusiveTask<State> {
    const { most, tooMany } = this.#kind;
    if (this.#all.size >= most) throw new DyliveError("too_many_works", tooMany);
    const stop = new AbortController();
    let begin: (isHere: boolean) => void = () => {};
    const first = new Promise<boolean>((resolve) => {
      begin = resolve;
    });
    const update = (state: State) => {
      task.state = state;
      begin(true);
    };
    const done = this.#do(key, () => work(update, stop), stop);
    const ended = done
      .then(
        () => {},
        (error: unknown) => this.#options.onError(error, key),
      )
      .finally(() => this.#all.delete(key));
    const begun = Promise.race([first, done]);
    begun.catch(() => {}); // it may have no caller
    const task: ExclusiveTask<State> = { stop, begun, done, ended, state: null };
    this.#all.set(key, task);
    return task;
  }

  /** Whether a process of the cluster is at a task about a thing, this one or another. */
  async isHeld(key: string): Promise<boolean> {
    return this.#all.has(key) || (await this.#options.store.cluster?.locks.isHeld(this.#lockOf(key))) === true;
  }

  /** Stops the task about a thing in this process. @returns whether there was one */
  async stop(key: string): Promise<boolean> {
    const task = this.#all.get(key);
    task?.stop.abort(this.#stopped());
    await task?.ended;
    return task !== undefined;
  }

  /** Has another process end its task about a thing, and does something before any process begins the next. @throws DyliveError in_use */
  async stopElsewhere(key: string, then: () => Promise<void>): Promise<void> {
    const until = within(this.#closing.signal, STOP_WITHIN_MS);
    let giveUp: (() => Promise<void>) | undefined;
    try {
      // The process that holds the lock ends its task as soon as another waits for it.
      giveUp = await this.#options.store.cluster?.locks.take(this.#lockOf(key), () => {}, until);
      await then();
    } catch (error) {
      if (!until.aborted || this.#closing.signal.aborted) throw error;
      throw new DyliveError("in_use", this.#kind.stuck(key, STOP_WITHIN_MS / 1000));
    } finally {
      await giveUp?.();
    }
  }

  /** Stops all tasks, and takes no more. */
  async close(): Promise<void> {
    this.#closing.abort(new DyliveError("stopping", this.#kind.closed));
    for (const { stop } of this.all) stop.abort(this.#stopped());
    await Promise.all(this.all.map(({ ended }) => ended));
  }

  /** Does a task unless another process is at it. @returns whether it has */
  async #do(key: string, work: () => Promise<void>, stop: AbortController): Promise<boolean> {
    const giveUp = await this.#options.store.cluster?.locks.tryTake(this.#lockOf(key), () => stop.abort(this.#stopped()));
    if (giveUp === null) return false;
    try {
      await work();
      return true;
    } finally {
      await giveUp?.();
    }
  }

  #stopped(): DyliveError {
    return new DyliveError("stopping", this.#kind.stopped);
  }

  #lockOf(key: string): string {
    return `${this.#kind.name}:${key}`;
  }
}
