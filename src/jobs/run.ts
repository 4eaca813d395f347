import { LocalExports } from "../exports/exports.js";
import { ReadingTime } from "../feed/reading-time.js";
import { systemClock } from "../runtime/clock.js";
import { openVocabulary, type Vocabulary } from "../statistics/words.js";
import type { Store } from "../store/store.js";
import type { JobName, Jobs } from "./jobs.js";
import { loopsOn } from "./loops.js";
import { tasksOn } from "./tasks.js";

/** Does jobs on a store, in whatever thread it is. */
export class JobRunner {
  readonly #calls: Readonly<Record<string, unknown>>;
  readonly #long: Readonly<Record<string, unknown>>;
  #vocabulary: Promise<Vocabulary> | null = null;

  constructor(store: Store) {
    const { statistics, search, retention, log } = store;
    const words = () => this.#words();
    this.#calls = { statistics, search, retention, export: new LocalExports(log, new ReadingTime(systemClock)) };
    this.#long = { task: tasksOn(store, words), loop: loopsOn(store, words) };
  }

  async run<N extends JobName>(
    name: N,
    ask: Jobs[N]["ask"],
    signal: AbortSignal,
    tell: (news: Jobs[N]["news"]) => void = () => {},
  ): Promise<Jobs[N]["answer"]> {
    signal.throwIfAborted();
    // A name says whose work it is, which asks and answers as the table in jobs.ts says; TypeScript cannot follow that through the name.
    const [part = "", work = ""] = name.split(".");
    const owner = (this.#calls[part] ?? this.#long[part]) as Readonly<Record<string, unknown>>;
    const does = owner[work] as (...values: readonly unknown[]) => Promise<Jobs[N]["answer"]>;
    return does.apply(owner, [...ask, ...(part in this.#long ? [tell, signal] : [])]);
  }

  #words(): Promise<Vocabulary> {
    this.#vocabulary ??= openVocabulary().catch((error: unknown) => {
      this.#vocabulary = null; // the next job tries again
      throw error;
    });
    return this.#vocabulary;
  }
}
