import { type ReadEvents, type ReadRequest, type RoomPlace, readAfter, readNewest, readNext } from "../feed/read.js";
import { monotonicMs } from "../runtime/clock.js";
import type { DistributedLocks } from "../store/cluster.js";
import type { HttpCall } from "./calls.js";
import type { LiveStreams } from "./streams/live.js";

/** A read that may wait for its first event. */
interface Polling extends ReadRequest {
  readonly live: Pick<LiveStreams, "clock" | "feed" | "whenDeleted">;
  readonly waitMs: number;
  readonly call: HttpCall;
}

/**
 * Reads after `from`, or the newest events when it is null. When there are none, it waits up to `waitMs` for one that the
 * filter shows, passing over hidden ones, or until the call is ended: as `deleted` when its room was, or
 * its broadcast.
 */
export async function poll(polling: Polling, from: RoomPlace | null): Promise<ReadEvents> {
  const stay = polling.live.whenDeleted({ room: polling.room, sessionId: polling.filter.where.sessionId ?? null }, () =>
    polling.call.end("deleted"),
  );
  try {
    return await wait(polling, from);
  } finally {
    stay();
  }
}

async function wait(polling: Polling, from: RoomPlace | null): Promise<ReadEvents> {
  const { live, waitMs, call } = polling;
  const { clock, feed } = live;
  const deadline = monotonicMs(clock) + waitMs;
  const removed: ReadEvents["removed"][number][] = [];
  for (let after = from, isAtEnd = false; ; ) {
    const ms = deadline - monotonicMs(clock);
    let got: ReadEvents;
    // It waits for its place however the call ends: an empty answer would say that there are no events.
    if (after === null) got = await readNewest(polling);
    else if (isAtEnd) got = await readNext(polling, after, { feed, clock, ms }, call.signal);
    else got = await readAfter(polling, after, call.signal);
    call.assertToken();
    removed.push(...got.removed);
    // A reading that was cut short by its bounds is an answer too: the client goes on with its cursor.
    if (got.rows.length > 0 || got.more || monotonicMs(clock) >= deadline || call.ended !== null) return { ...got, removed };
    after = got;
    isAtEnd = true;
  }
}

interface QueuedPoll {
  current: HttpCall;
  next: { readonly call: HttpCall; give(turn: boolean): void } | null;
}

/**
 * Lets the calls of one position run one at a time, also where they come to several processes. A newer call ends an older one that waits; at
 * most one of each process stands behind the one that runs. Nothing is kept of an unused key.
 */
export class PollMutex {
  readonly #locks: DistributedLocks | null;
  readonly #queued = new Map<string, QueuedPoll>();

  /** @param locks shared with the other processes; null where there is one */
  constructor(locks: DistributedLocks | null = null) {
    this.#locks = locks;
  }

  /** Keys in use. */
  get size(): number {
    return this.#queued.size;
  }

  /**
   * Waits for the call's turn. Returns the function that ends it, or null when the call was ended before its turn came.
   * @throws DyliveError store_unreachable where other processes cannot be asked
   */
  async enter(key: string, call: HttpCall): Promise<(() => void) | null> {
    const leave = await this.#enterHere(key, call);
    if (leave === null || this.#locks === null) return leave;
    try {
      const giveUp = await this.#locks.take(key, () => this.#queued.get(key)?.current.end("newer"), call.signal);
      return () => void giveUp().finally(leave);
    } catch (error) {
      leave();
      if (call.ended !== null) return null;
      throw error;
    }
  }

  async #enterHere(key: string, call: HttpCall): Promise<(() => void) | null> {
    const poll = this.#queued.get(key);
    if (poll === undefined) {
      this.#queued.set(key, { current: call, next: null });
      return this.#release(key);
    }
    poll.current.end("newer");
    poll.next?.give(false);
    poll.next = null;
    const got = await new Promise<boolean>((resolve) => {
      const give = (turn: boolean) => {
        call.signal.removeEventListener("abort", leave);
        resolve(turn);
      };
      const leave = () => {
        if (poll.next?.call === call) poll.next = null;
        give(false);
      };
      if (call.signal.aborted) return give(false);
      call.signal.addEventListener("abort", leave, { once: true });
      poll.next = { call, give };
    });
    return got ? this.#release(key) : null;
  }

  #release(key: string): () => void {
    let released = false;
    return () => {
      const poll = this.#queued.get(key);
      if (released || poll === undefined) return;
      released = true;
      const { next } = poll;
      if (next === null) {
        this.#queued.delete(key);
        return;
      }
      poll.current = next.call;
      poll.next = null;
      next.give(true);
    };
  }
}
