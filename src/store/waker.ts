import type { RoomKey } from "./log.js";

type Result = IteratorResult<ReadonlySet<RoomKey>, undefined>;
const DONE: Result = { done: true, value: undefined };

/** Reader of wakes: what it has not been told yet, and whether it waits. */
class WakeStream implements AsyncIterableIterator<ReadonlySet<RoomKey>, undefined> {
  #pending = new Set<RoomKey>();
  #waiters: ((result: Result) => void)[] = [];
  #ended = false;
  readonly #onEnd: () => void;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  add(rooms: Iterable<RoomKey>): void {
    for (const room of rooms) this.#pending.add(room);
    const waiter = this.#pending.size > 0 ? this.#waiters.shift() : undefined;
    waiter?.(this.#take());
  }

  next(): Promise<Result> {
    if (this.#ended) return Promise.resolve(DONE);
    if (this.#pending.size > 0) return Promise.resolve(this.#take());
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  return(): Promise<Result> {
    this.end();
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  readonly end = (): void => {
    if (this.#ended) return;
    this.#ended = true;
    for (const waiter of this.#waiters.splice(0)) waiter(DONE);
    this.#onEnd();
  };

  #take(): Result {
    const value = this.#pending;
    this.#pending = new Set();
    return { done: false, value };
  }
}

/** Tells every reader which rooms got events. A room is remembered from the call of `wakes` on, so none is missed between two yields. */
export class Waker {
  readonly #subscriptions = new Set<WakeStream>();
  readonly #watch: (signal: AbortSignal) => void;
  #stop: AbortController | undefined;
  #closed = false;

  /** @param watch called when the first reader comes; the signal aborts when the last one has gone */
  constructor(watch: (signal: AbortSignal) => void = () => {}) {
    this.#watch = watch;
  }

  notify(rooms: Iterable<RoomKey>): void {
    for (const subscription of this.#subscriptions) subscription.add(rooms);
  }

  /** Yields the rooms that got events; ends when the signal aborts, the reader breaks off, or the waker is closed. */
  wakes(signal: AbortSignal): AsyncIterable<ReadonlySet<RoomKey>> {
    const subscription: WakeStream = new WakeStream(() => {
      signal.removeEventListener("abort", subscription.end);
      this.#leave(subscription);
    });
    if (this.#closed || signal.aborted) {
      subscription.end();
      return subscription;
    }
    signal.addEventListener("abort", subscription.end, { once: true });
    this.#subscriptions.add(subscription);
    if (this.#stop === undefined) {
      this.#stop = new AbortController();
      this.#watch(this.#stop.signal);
    }
    return subscription;
  }

  close(): void {
    this.#closed = true;
    for (const subscription of [...this.#subscriptions]) subscription.end();
  }

  #leave(subscription: WakeStream): void {
    this.#subscriptions.delete(subscription);
    if (this.#subscriptions.size > 0) return;
    this.#stop?.abort();
    this.#stop = undefined;
  }
}
