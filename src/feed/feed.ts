import type { RoomKey } from "../store/log.js";
import { type Followed, Subscription } from "./subscription.js";
import { Tail, type TailDeps } from "./tail.js";

/** Pause after the store's wake-ups broke off, before they are asked for again. */
const RETRY_MS = 1_000;
/** Default of {@link TailDeps.coalesceMs}. A write to a socket costs the same for 1 event as for 100, and nobody sees 15 ms. */
const COALESCE_MS = 15;

interface HeldTail {
  readonly tail: Tail;
  readonly stop: AbortController;
  holders: number;
}

/** Told which rooms may have got events; null after the store's wake-ups broke off: any room may. */
type WakeListener = (rooms: ReadonlySet<RoomKey> | null) => void;

/**
 * Follows the log for everybody in a process: the only loop over the store's wake-ups, and a tail for each room that somebody follows. It
 * listens while somebody does.
 */
export class Feed {
  readonly #deps: TailDeps;
  readonly #held = new Map<RoomKey, HeldTail>();
  readonly #listeners = new Set<WakeListener>();
  #listening: AbortController | null = null;

  constructor(deps: Omit<TailDeps, "coalesceMs"> & Partial<Pick<TailDeps, "coalesceMs">>) {
    this.#deps = { coalesceMs: COALESCE_MS, ...deps };
  }

  /** Rooms that are followed now. */
  get size(): number {
    return this.#held.size;
  }

  /** Follows a room until the signal aborts: what lies behind is read page by page, what is new is read once for all who have caught up. */
  subscribe(followed: Followed, signal: AbortSignal): Subscription {
    return new Subscription(followed, this.#deps.log, () => this.#hold(followed.room, signal), signal);
  }

  /** Tells of the rooms that may have got events, from now on until the signal aborts. */
  onWake(listener: WakeListener, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#listeners.add(listener);
    const leave = () => {
      this.#listeners.delete(listener);
      this.#rest();
    };
    signal.addEventListener("abort", leave, { once: true });
    this.#listen();
  }

  /**
   * Returns the tail of a room, held until the signal aborts.
   * @throws whatever the log throws when it cannot say where its head is
   */
  async #hold(room: RoomKey, signal: AbortSignal): Promise<Tail> {
    signal.throwIfAborted();
    const held = this.#held.get(room) ?? this.#open(room);
    held.holders++;
    const release = () => {
      held.holders--;
      if (held.holders === 0) this.#drop(room, held);
    };
    signal.addEventListener("abort", release, { once: true });
    try {
      await held.tail.started;
    } catch (error) {
      // The next one who asks starts over.
      if (this.#held.get(room) === held) this.#drop(room, held);
      throw error;
    }
    return held.tail;
  }

  #open(room: RoomKey): HeldTail {
    // Before the head is read, so that what comes after that wakes the tail.
    this.#listen();
    const stop = new AbortController();
    const held: HeldTail = { tail: new Tail(room, this.#deps, stop.signal), stop, holders: 0 };
    this.#held.set(room, held);
    return held;
  }

  #drop(room: RoomKey, held: HeldTail): void {
    held.stop.abort();
    if (this.#held.get(room) !== held) return;
    this.#held.delete(room);
    this.#rest();
  }

  #listen(): void {
    if (this.#listening !== null) return;
    this.#listening = new AbortController();
    void this.#run(this.#listening.signal);
  }

  #rest(): void {
    if (this.#held.size + this.#listeners.size > 0) return;
    this.#listening?.abort();
    this.#listening = null;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { log, clock, onError } = this.#deps;
    while (!signal.aborted) {
      try {
        for await (const rooms of log.wakes(signal)) {
          for (const room of rooms) this.#held.get(room)?.tail.wake();
          for (const listener of this.#listeners) listener(rooms);
        }
      } catch (error) {
        if (!signal.aborted) onError(error);
      }
      await clock.sleep(RETRY_MS, signal).catch(() => {});
      if (signal.aborted) return;
      // Whatever came while nobody listened must not be slept through.
      for (const { tail } of this.#held.values()) tail.wake();
      for (const listener of this.#listeners) listener(null);
    }
  }
}
