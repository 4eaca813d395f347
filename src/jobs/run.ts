import { LocalExports } from "../exports/exports.js";
import { ReadingTime } from "../feed/reading-time.js";
import { retainStep, shedStep } from "../retention/step.js";
import { systemClock } from "../runtime/clock.js";
import { advance } from "../statistics/reader.js";
import { openVocabulary, type Vocabulary } from "../statistics/words.js";
import type { Store } from "../store/store.js";
import type { JobName, Jobs } from "./jobs.js";
import { LocalTasks } from "./tasks.js";

/** Does jobs on a store, in whatever thread it is. */
export class JobRunner {
  readonly #store: Store;
  readonly #exports: LocalExports;
  readonly #tasks: LocalTasks;
  #vocabulary: Promise<Vocabulary> | null = null;

  constructor(store: Store) {
    this.#store = store;
    this.#exports = new LocalExports(store.log, new ReadingTime(systemClock));
    this.#tasks = new LocalTasks(store, () => this.#words());
  }

  async run<N extends JobName>(name: N, ask: Jobs[N]["ask"], signal: AbortSignal): Promise<Jobs[N]["answer"]> {
    signal.throwIfAborted();
    const answer: unknown = await this.#do(name, ask);
    // Each branch below answers as the table in jobs.ts says; TypeScript cannot follow that through the name.
    return answer as Jobs[N]["answer"];
  }

  async #do(name: JobName, ask: readonly unknown[]): Promise<unknown> {
    if (name === "statistics.advance") return advance(this.#store, ...(ask as Jobs[typeof name]["ask"]), await this.#words());
    if (name === "retention.step") return retainStep(this.#store, ...(ask as Jobs[typeof name]["ask"]));
    if (name === "retention.shed") return shedStep(this.#store, ...(ask as Jobs[typeof name]["ask"]));
    const [part, call = ""] = name.split(".") as ["statistics" | "search" | "retention" | "export" | "task", string];
    const owner = part === "export" ? this.#exports : part === "task" ? this.#tasks : this.#store[part];
    return (owner[call as keyof typeof owner] as (...values: readonly unknown[]) => Promise<unknown>).apply(owner, [...ask]);
  }

  #words(): Promise<Vocabulary> {
    this.#vocabulary ??= openVocabulary().catch((error: unknown) => {
      this.#vocabulary = null; // the next job tries again
      throw error;
    });
    return this.#vocabulary;
  }
}
