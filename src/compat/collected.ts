import type { RoomRequests } from "../health/state.js";
import type { RoomKey } from "../store/log.js";

/** Reader that wants every room that is collected. */
export interface CollectedReader {
  /** Takes a room that is collected and had an event; also told again of rooms it knows. */
  add(room: RoomKey): void;
  /** Takes a room that is no longer collected. */
  drop(room: RoomKey): void;
}

/** Tracks the rooms that are collected now, as their events show: a room is found by its first event, so that none of it is missed. */
export class Collected {
  readonly #rooms: Pick<RoomRequests, "status">;
  readonly #known = new Set<RoomKey>();
  readonly #readers = new Set<CollectedReader>();

  constructor(rooms: Pick<RoomRequests, "status">) {
    this.#rooms = rooms;
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

  /** Takes rooms that may have got events. */
  woken(rooms: ReadonlySet<RoomKey>): void {
    for (const room of rooms) {
      if (this.#known.has(room) || this.#rooms.status(room) === null) continue;
      this.#known.add(room);
      for (const reader of this.#readers) reader.add(room);
    }
  }
}
