// What runs in the worker thread: the same database on connections of its own.
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { LocalExports } from "../exports/export.js";
import { ReadingTime } from "../feed/reading-time.js";
import { systemClock } from "../runtime/clock.js";
import { DyliveError, sentError } from "../runtime/errors.js";
import { openVocabulary } from "../statistics/words.js";
import { openStore, type StoreAt } from "../store/open.js";
import type { Store } from "../store/store.js";
import type { FromThread, JobName, Jobs, ToThread } from "./jobs.js";
import { longWorkOn } from "./long-work.js";

/** Does jobs on a store, in whatever thread it is. */
export class JobRunner {
  readonly #calls: Readonly<Record<string, unknown>>;
  readonly #long: Readonly<Record<string, unknown>>;

  constructor(store: Store) {
    const { statistics, search, retention } = store;
    this.#calls = { statistics, search, retention, export: new LocalExports(store, new ReadingTime(systemClock)) };
    this.#long = longWorkOn(store, openVocabulary());
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
}

/** @param at the store, opened when it is first needed */
function serve(port: MessagePort, at: StoreAt): void {
  // Opened by the first job, and tried again by the next one when it cannot be: a database may be away for a while.
  let opening: Promise<{ readonly store: Store; readonly runner: JobRunner }> | null = null;
  const running = new Map<number, AbortController>();
  const send = (message: FromThread) => port.postMessage(message);

  function opened(): NonNullable<typeof opening> {
    opening ??= openStore(at).then((store) => {
      store.log.observe({
        asked: () => {},
        stored: () => send({ appended: true }),
        failed: () => {},
      });
      return { store, runner: new JobRunner(store) };
    });
    opening.catch((error: unknown) => {
      opening = null;
      // What fails otherwise is our own code that could not be loaded, which Node remembers as long as the thread lives.
      if (!(error instanceof DyliveError)) port.close();
    });
    return opening;
  }

  async function run({ id, name, ask }: Extract<ToThread, { id: number }>): Promise<void> {
    const stop = new AbortController();
    running.set(id, stop);
    try {
      const { runner } = await opened();
      send({ id, answer: await runner.run(name, ask as Parameters<typeof runner.run>[1], stop.signal, (news) => send({ id, news })) });
    } catch (error) {
      send({ id, error: sentError(error) });
    } finally {
      running.delete(id);
    }
  }

  port.on("message", (message: ToThread) => {
    if ("id" in message) void run(message);
    else if ("abort" in message) running.get(message.abort)?.abort();
    else {
      for (const stop of running.values()) stop.abort();
      const closed = opening?.then(({ store }) => store.close()).catch(() => {});
      void Promise.resolve(closed).finally(() => port.close());
    }
  });
}

if (parentPort !== null) serve(parentPort, workerData as StoreAt);
