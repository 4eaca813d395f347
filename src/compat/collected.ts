import type { RoomRequests } from "../health/state.js";
import type { Clock } from "../runtime/clock.js";
import type { Log, RoomKey } from "../store/log.js";

/** Pause after the store's wake-ups broke off, before they are asked for again. */
const RETRY_MS = 1_000;

/** Reader that wants every room that is collected. */
export interface CollectedReader {
  /** Takes a room that is collected and had an event; also told again of rooms it knows. */
  add(room: RoomKey): void;
  /** Takes a room that is no longer collected. */
  drop(room: RoomKey): void;
}

/** Tracks the rooms that are collected now, as their events show: a room is found by its first event, so that none of it is missed. */
export class Collected {
  readonly #log: Pick<Log, "wakes">;
  readonly #rooms: Pick<RoomRequests, "status">;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  readonly #known = new Set<RoomKey>();
  readonly #readers = new Set<CollectedReader>();

  constructor(parts: {
    readonly log: Pick<Log, "wakes">;
    readonly rooms: Pick<RoomRequests, "status">;
    readonly clock: Clock;
    readonly onError: (error: unknown) => void;
  }) {
    this.#log = parts.log;
    this.#rooms = parts.rooms;
    this.#clock = parts.clock;
    this.#onError = parts.onError;
  }

  /** Rooms that are known to be collected. */
  get size(): number {
    return this.#known.size;
  }

  /** Tells a reader of the rooms known now and of those that come, until the signal aborts. */
  join(reader: CollectedReader, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#readers.add(reader);
    signal.addEventListener("abort", () => this.#readers.delete(reader), { once: true });
    for (const room of this.#known) reader.add(room);
  }

  /** Lets go of rooms that are no longer collected. */
  sweep(): void {
    for (const room of this.#known) {
      if (this.#rooms.status(room) !== null) continue;
      this.#known.delete(room);
      for (const reader of this.#readers) reader.drop(room);
    }
  }

  /** Listens until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const rooms of this.#log.wakes(signal)) for (const room of rooms) this.#woken(room);
      } catch (error) {
        if (!signal.aborted) this.#onError(error);
      }
      await this.#clock.sleep(RETRY_MS, signal).catch(() => {});
    }
  }

  #woken(room: RoomKey): void {
    if (this.#known.has(room) || this.#rooms.status(room) === null) return;
    this.#known.add(room);
    for (const reader of this.#readers) reader.add(room);
  }
}
