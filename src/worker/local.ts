import type { Store } from "../log/store.js";
import type { JobDesk, JobName, Jobs } from "./jobs.js";
import { JobRunner } from "./run.js";

/** Jobs in this thread: for a store in memory, which no other thread sees, and for commands that do nothing else meanwhile. */
export class LocalDesk implements JobDesk {
  readonly #runner: JobRunner;
  readonly #stop = new AbortController();

  constructor(store: Store) {
    this.#runner = new JobRunner(store);
  }

  run<N extends JobName>(name: N, ask: Jobs[N]["ask"], signal?: AbortSignal): Promise<Jobs[N]["answer"]> {
    return this.#runner.run(name, ask, signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal]));
  }

  async close(): Promise<void> {
    this.#stop.abort();
  }
}
