import { Worker } from "node:worker_threads";
import type { Clock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import type { StoreAt } from "../store/open.js";
import type { FromThread, Jobs, ToThread } from "./jobs.js";

/** Most jobs that may wait; more wait only when the thread hangs. */
const MAX_WAITING = 1000;
/** Time after which jobs that were asked to end and have not are cut, in ms. */
const END_MS = 5000;

/** Options for starting the thread. */
interface ChannelOptions {
  /** The store that the thread opens for itself. */
  readonly at: StoreAt;
  readonly clock: Clock;
  /** Called when the thread has appended. */
  readonly onAppended?: () => void;
  /** Options of Node for the thread; those of the process by default. Tests that run from source give a loader. */
  readonly execArgv?: readonly string[];
}

interface WaitingCall {
  readonly news: (...news: readonly unknown[]) => void;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The worker thread, as the main thread sees it. The thread is started by the first job; when it dies, its jobs fail and the next one starts
 * it again.
 */
export class WorkerChannel {
  /**
   * Jobs of the thread. Each throws what it throws there; `internal` when the thread ended or too much waits for it; `stopping`; or the
   * reason of its signal.
   */
  readonly jobs: Jobs = proxyOf((part) =>
    proxyOf(
      (name) =>
        (...args: unknown[]) =>
          this.#run(part, name, args),
    ),
  ) as unknown as Jobs;
  readonly #options: ChannelOptions;
  readonly #waiting = new Map<number, WaitingCall>();
  #worker: Worker | null = null;
  #next = 0;
  #closed = false;

  constructor(options: ChannelOptions) {
    this.#options = options;
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#closed = true;
    if (worker === null) return;
    const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
    worker.postMessage({ close: true } satisfies ToThread);
    const stop = new AbortController();
    const late = this.#options.clock.sleep(END_MS, stop.signal).then(
      () => worker.terminate(),
      () => {},
    );
    await Promise.race([ended, late]);
    stop.abort();
  }

  #run(part: string, name: string, args: readonly unknown[]): Promise<unknown> {
    const signal = args.find((one) => one instanceof AbortSignal);
    const news = args.find((one) => typeof one === "function") as WaitingCall["news"] | undefined;
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#closed) return Promise.reject(new DyliveError("stopping", "the worker thread is stopped"));
    if (this.#waiting.size >= MAX_WAITING)
      return Promise.reject(new DyliveError("internal", msg`${MAX_WAITING} jobs wait for the worker thread`));
    const id = this.#next++;
    return new Promise<unknown>((resolve, reject) => {
      const settled = new AbortController();
      const settle = (call: () => void) => {
        settled.abort();
        signal?.removeEventListener("abort", abort);
        this.#waiting.delete(id);
        call();
      };
      const fail = (error: unknown) => settle(() => reject(signal?.aborted ? signal.reason : error));
      const abort = () => {
        this.#send({ abort: id });
        // A thread that hangs never says that it has ended.
        this.#options.clock.sleep(END_MS, settled.signal).then(fail, () => {});
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiting.set(id, { news: news ?? (() => {}), resolve: (answer) => settle(() => resolve(answer)), reject: fail });
      this.#send({ id, part, name, args: args.filter((one) => one !== signal && one !== news), isLong: signal !== undefined });
    });
  }

  #send(message: ToThread): void {
    if ("id" in message) this.#worker ??= this.#start();
    this.#worker?.postMessage(message);
  }

  #start(): Worker {
    const { at, execArgv, onAppended } = this.#options;
    // From source (tests), or beside this file in dist.
    const entry = new URL(import.meta.url.endsWith(".ts") ? "./thread.ts" : "./thread.js", import.meta.url);
    const worker = new Worker(entry, {
      workerData: at,
      ...(execArgv !== undefined && { execArgv: [...execArgv] }),
    });
    worker.on("message", (message: FromThread) => {
      if ("appended" in message) return onAppended?.();
      const waiting = this.#waiting.get(message.id);
      if ("news" in message) waiting?.news(...message.news);
      else if ("answer" in message) waiting?.resolve(message.answer);
      else waiting?.reject(new DyliveError(message.error.code, message.error.said));
    });
    const end = (error: DyliveError) => {
      // A thread that fails is reported twice, as an error and as an exit: what waits at the second is the next thread's.
      if (this.#worker !== worker) return;
      this.#worker = null;
      for (const waiting of [...this.#waiting.values()]) waiting.reject(error);
    };
    worker.on("error", (error) => end(new DyliveError("internal", "the worker thread failed", error)));
    worker.on("exit", () => end(new DyliveError(this.#closed ? "stopping" : "internal", "the worker thread has ended")));
    return worker;
  }
}

/** Returns an object whose properties of all names are made by a function. */
function proxyOf<T>(property: (name: string) => T): Readonly<Record<string, T>> {
  return new Proxy({}, { get: (_target, name) => property(String(name)) });
}
