import { type Clock, steadyMs } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import type { Changes, Membership } from "../store/cluster.js";
import { Waker } from "../store/waker.js";

/** Pause between heartbeats, in ms: how soon the rooms of a process that died are noticed. */
const BEAT_MS = 400;
/** Shortest pause between heartbeats that were woken, in ms: many wanted rooms may come at once. */
const WOKEN_MS = 100;

interface HeartbeatDeps {
  readonly membership: Pick<Membership, "beat">;
  readonly clock: Clock;
  /** Yields whenever there may be something new to take. */
  readonly wakes: (signal: AbortSignal) => AsyncIterable<void>;
  /** Called with what a beat found, if that was something. Must not wait. */
  readonly onChanges: (changes: Changes) => void;
  /** Called for the first beat that failed after one that did not. */
  readonly onError: (error: unknown) => void;
}

/** Sends the heartbeats of this process until it is stopped, so that the others know that it lives and it knows what it has. */
export class Heartbeat {
  readonly #deps: HeartbeatDeps;
  readonly #stop = new AbortController();
  readonly #waker = new Waker();
  #running: Promise<void> = Promise.resolve();
  /** Time of the last heartbeat that succeeded, ms UTC; null before the first. */
  beatAt: number | null = null;

  constructor(deps: HeartbeatDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { signal } = this.#stop;
    void this.#follow(signal);
    const stopTicking = this.#deps.clock.every(BEAT_MS, () => this.#waker.notify());
    this.#running = this.#beat(signal).finally(stopTicking);
  }

  /** Resolves when no beat is under way. */
  stop(): Promise<void> {
    this.#stop.abort();
    return this.#running;
  }

  async #beat(signal: AbortSignal): Promise<void> {
    const { membership, clock, onChanges, onError } = this.#deps;
    let failing = false;
    for await (const _ of this.#waker.wakes(signal)) {
      try {
        const changes = await membership.beat();
        this.beatAt = clock.now();
        failing = false;
        if (!signal.aborted && Object.values(changes).some((one) => Array.isArray(one) && one.length > 0)) onChanges(changes);
      } catch (error) {
        if (error instanceof DyliveError && error.code === "stopping") return;
        if (!failing) onError(error);
        failing = true;
      }
      await clock.sleep(WOKEN_MS, signal).catch(() => {});
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    try {
      for await (const _ of this.#deps.wakes(signal)) this.#waker.notify();
    } catch (error) {
      // It beats all the same.
      if (!signal.aborted) this.#deps.onError(error);
    }
  }
}

/** Interval between tries to get the job, in ms: how soon a job of a process that is gone goes on in another. */
const LOOK_MS = 2000;
/** A process that has not reached the database for so long may be dead for the others: they have its jobs by then, or will soon. */
const UNSURE_MS = 9000;

/** Something that one process of a cluster does at a time. */
interface Job {
  readonly name: string;
  /** Begins it. @returns what ends it */
  readonly start: () => Promise<() => Promise<unknown>>;
}

interface JobHolderDeps {
  readonly membership: Pick<Membership, "job">;
  readonly clock: Clock;
  readonly onError: (error: unknown, name: string) => void;
}

/** Does one job as long as this process is the one that has it. */
export class JobHolder {
  readonly #job: Job;
  readonly #deps: JobHolderDeps;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #end: (() => Promise<unknown>) | null = null;

  constructor(job: Job, deps: JobHolderDeps) {
    this.#job = job;
    this.#deps = deps;
  }

  /** Whether the job is done here now. */
  get has(): boolean {
    return this.#end !== null;
  }

  start(): void {
    this.#running = this.#run(this.#stop.signal);
  }

  /** Ends the job, if it is done here. The job still belongs to this process until it leaves the cluster. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { membership, clock, onError } = this.#deps;
    const { name, start } = this.#job;
    let sureAt = steadyMs(clock);
    while (!signal.aborted) {
      try {
        const has = await membership.job(name);
        sureAt = steadyMs(clock);
        if (!has) await this.#over();
        else if (!signal.aborted) this.#end ??= await start();
      } catch (error) {
        if (steadyMs(clock) - sureAt >= UNSURE_MS) await this.#over();
        if (!(error instanceof DyliveError && error.code === "stopping")) onError(error, name);
      }
      await clock.sleep(LOOK_MS, signal).catch(() => {});
    }
    await this.#over();
  }

  async #over(): Promise<void> {
    const end = this.#end;
    this.#end = null;
    await end?.().then(
      () => {},
      (error: unknown) => this.#deps.onError(error, this.#job.name),
    );
  }
}
