// What runs in the worker thread: the same database on connections of its own.
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { DyliveError, sentError } from "../runtime/errors.js";
import { openStore, type StoreAt } from "../store/open.js";
import type { Store } from "../store/store.js";
import { type FromThread, jobsOn, type ToThread } from "./jobs.js";

/** @param at the store, opened when it is first needed */
function serve(port: MessagePort, at: StoreAt): void {
  // Opened by the first job, and tried again by the next one when it cannot be: a database may be away for a while.
  let opening: Promise<{ readonly store: Store; readonly jobs: object }> | null = null;
  const running = new Map<number, AbortController>();
  const send = (message: FromThread) => port.postMessage(message);

  function opened(): NonNullable<typeof opening> {
    opening ??= openStore(at).then((store) => {
      store.log.observe({
        asked: () => {},
        stored: () => send({ appended: true }),
        failed: () => {},
      });
      return { store, jobs: jobsOn(store) };
    });
    opening.catch((error: unknown) => {
      opening = null;
      // What fails otherwise is our own code that could not be loaded, which Node remembers as long as the thread lives.
      if (!(error instanceof DyliveError)) port.close();
    });
    return opening;
  }

  async function run({ id, part, name, args, isLong }: Extract<ToThread, { id: number }>): Promise<void> {
    const stop = new AbortController();
    running.set(id, stop);
    try {
      const { jobs } = await opened();
      stop.signal.throwIfAborted();
      const owner = (jobs as Record<string, Record<string, (...args: unknown[]) => unknown>>)[part];
      const following = isLong ? [(...news: unknown[]) => send({ id, news }), stop.signal] : [];
      send({ id, answer: await owner?.[name]?.(...args, ...following) });
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
