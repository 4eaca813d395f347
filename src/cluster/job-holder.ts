import type { Clock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import type { Membership } from "../store/leases.js";

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
    let sureAt = clock.now();
    while (!signal.aborted) {
      try {
        const has = await membership.job(name);
        sureAt = clock.now();
        if (!has) await this.#over();
        else if (!signal.aborted) this.#end ??= await start();
      } catch (error) {
        if (clock.now() - sureAt >= UNSURE_MS) await this.#over();
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
