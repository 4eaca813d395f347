import type { RoomKey } from "../store/log.js";
import { RoomTail, type TailDeps } from "./tail-room.js";

/** Pause after the store's wake-ups broke off, before they are asked for again. */
const RETRY_MS = 1_000;
/** Default of {@link TailDeps.coalesceMs}. A write to a socket costs the same for 1 event as for 100, and nobody sees 15 ms. */
const COALESCE_MS = 15;

interface HeldTail {
  readonly tail: RoomTail;
  readonly stop: AbortController;
  holders: number;
}

/** The tails of a process: one for each room that somebody reads, none for the others. */
export class Tails {
  readonly #parts: TailDeps;
  readonly #held = new Map<RoomKey, HeldTail>();
  #listening: AbortController | null = null;

  constructor(parts: Omit<TailDeps, "coalesceMs"> & Partial<Pick<TailDeps, "coalesceMs">>) {
    this.#parts = { coalesceMs: COALESCE_MS, ...parts };
  }

  /** Rooms that are read now. */
  get size(): number {
    return this.#held.size;
  }

  /**
   * Returns the tail of a room, held until the signal aborts.
   * @throws whatever the log throws when it cannot say where its head is
   */
  async hold(room: RoomKey, signal: AbortSignal): Promise<RoomTail> {
    signal.throwIfAborted();
    const held = this.#held.get(room) ?? this.#open(room);
    held.holders++;
    signal.addEventListener("abort", () => this.#release(room, held), { once: true });
    try {
      await held.tail.started;
    } catch (error) {
      // The next one who asks begins anew.
      if (this.#held.get(room) === held) this.#drop(room, held);
      throw error;
    }
    return held.tail;
  }

  #open(room: RoomKey): HeldTail {
    // Before the head is read, so that what comes after that wakes the tail.
    this.#listening ??= this.#listen();
    const stop = new AbortController();
    const held: HeldTail = { tail: new RoomTail(room, this.#parts, stop.signal), stop, holders: 0 };
    this.#held.set(room, held);
    return held;
  }

  #release(room: RoomKey, held: HeldTail): void {
    held.holders--;
    if (held.holders === 0) this.#drop(room, held);
  }

  #drop(room: RoomKey, held: HeldTail): void {
    held.stop.abort();
    if (this.#held.get(room) !== held) return;
    this.#held.delete(room);
    if (this.#held.size > 0) return;
    this.#listening?.abort();
    this.#listening = null;
  }

  #listen(): AbortController {
    const listening = new AbortController();
    void this.#run(listening.signal);
    return listening;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { log, clock, onError } = this.#parts;
    while (!signal.aborted) {
      try {
        const wakes = log.wakes(signal);
        // Whatever came while nobody listened must not be slept through.
        for (const { tail } of this.#held.values()) tail.wake();
        for await (const rooms of wakes) for (const room of rooms) this.#held.get(room)?.tail.wake();
      } catch (error) {
        if (!signal.aborted) onError(error);
      }
      await clock.sleep(RETRY_MS, signal).catch(() => {});
    }
  }
}
