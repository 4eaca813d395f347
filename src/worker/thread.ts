// What runs in the worker thread: the same database file on a connection of its own.
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { openSqliteStore } from "../log/sqlite/store.js";
import { type FromThread, sentError, type ToThread } from "./message.js";
import { JobRunner } from "./run.js";

/** What the thread is started with. */
export interface ThreadData {
  /** Path of the database. */
  readonly path: string;
}

function serve(port: MessagePort, { path }: ThreadData): void {
  const store = openSqliteStore({ path });
  const runner = new JobRunner(store);
  const running = new Map<number, AbortController>();
  const send = (message: FromThread) => port.postMessage(message);

  async function run({ id, name, ask }: Extract<ToThread, { id: number }>): Promise<void> {
    const stop = new AbortController();
    running.set(id, stop);
    try {
      send({ id, answer: await runner.run(name, ask as Parameters<typeof runner.run>[1], stop.signal) });
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
      void store.close().finally(() => port.close());
    }
  });
}

if (parentPort !== null) serve(parentPort, workerData as ThreadData);
