import { FairSemaphore } from "../runtime/semaphore.js";
import type { RoomKey } from "../store/log.js";
import type { Feed } from "./feed.js";
import type { Followed } from "./subscription.js";
import type { Batch } from "./tail.js";

/** Target of a {@link Follow}, which is given the batches. */
export interface FollowTarget<F extends Followed> {
  /** Takes the next batch of a room: in order, without holes or doubles. */
  take(batch: Batch, followed: F): void;
  /** Does what takes time for a batch, once however often it is asked to; it is taken afterwards. Null where nothing does. */
  prepare?(batch: Batch, followed: F): Promise<void> | null;
  /**
   * Resolves when the target can take a page more of a room; asked only for rooms that are behind.
   * @returns called when the page was taken, or there was none
   */
  ready(signal: AbortSignal, followed: F): Promise<() => void>;
  /** Called when the log cannot be read: nothing more comes. */
  failed(error: unknown): void;
}

interface FollowedRoom<F> {
  readonly followed: F;
  readonly stop: AbortController;
  /** Everything up to here was taken. */
  at: number;
}

/**
 * Follows rooms from given places for one target: what lies behind is read page by page, as fast as the target takes it, one room after the
 * other. Ends with the signal.
 */
export class Follow<F extends Followed> {
  readonly #feed: Feed;
  readonly #target: FollowTarget<F>;
  readonly #signal: AbortSignal;
  readonly #rooms = new Map<RoomKey, FollowedRoom<F>>();
  /** One page of the past at a time. */
  readonly #pages = new FairSemaphore(1, 1);

  constructor(feed: Feed, target: FollowTarget<F>, signal: AbortSignal) {
    this.#feed = feed;
    this.#target = target;
    this.#signal = signal;
    const end = () => {
      for (const { stop } of this.#rooms.values()) stop.abort();
      this.#rooms.clear();
    };
    signal.addEventListener("abort", end, { once: true });
  }

  /** Rooms that are followed, with the seq up to which everything was handed over. */
  *places(): Iterable<readonly [RoomKey, number]> {
    for (const [room, { at }] of this.#rooms) yield [room, at];
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** Returns what is followed of a room, and how far it has come. */
  get(room: RoomKey): { readonly followed: F; readonly at: number } | undefined {
    return this.#rooms.get(room);
  }

  /** Begins to follow a room; what was followed of it before ends. */
  add(followed: F): void {
    if (this.#signal.aborted) return;
    this.drop(followed.room);
    const one = { followed, stop: new AbortController(), at: followed.after };
    this.#rooms.set(followed.room, one);
    void this.#run(one);
  }

  /** Ends following a room; false when it was not followed. */
  drop(room: RoomKey): boolean {
    this.#rooms.get(room)?.stop.abort();
    return this.#rooms.delete(room);
  }

  async #run(one: FollowedRoom<F>): Promise<void> {
    const { followed, stop } = one;
    const target = this.#target;
    const take = (batch: Batch) => {
      target.take(batch, followed);
      one.at = batch.to;
    };
    const takeAtOnce = (batch: Batch) => {
      try {
        if ((target.prepare?.(batch, followed) ?? null) !== null) return false;
        take(batch);
      } catch (error) {
        stop.abort();
        target.failed(error);
      }
      return true;
    };
    const subscription = this.#feed.subscribe({ ...followed, ready: (signal) => this.#ready(signal, followed), takeAtOnce }, stop.signal);
    try {
      for (let batch = await subscription.next(); batch !== null; batch = await subscription.next()) {
        const prepared = target.prepare?.(batch, followed) ?? null;
        if (prepared !== null) await prepared;
        if (stop.signal.aborted) return;
        take(batch);
      }
    } catch (error) {
      if (!stop.signal.aborted) target.failed(error);
    }
  }

  async #ready(signal: AbortSignal, followed: F): Promise<() => void> {
    const next = await this.#pages.acquire("", signal);
    if (next === null) return () => {};
    try {
      const taken = await this.#target.ready(signal, followed);
      return () => {
        taken();
        next();
      };
    } catch (error) {
      next();
      throw error;
    }
  }
}
