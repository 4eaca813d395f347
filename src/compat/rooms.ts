import type { RoomRequests } from "../health/state.js";
import type { RoomKey } from "../store/log.js";
import type { RoomFacts, Rooms } from "../store/rooms.js";

/** Facts of a room of which nothing is known, and of none. */
export const NOTHING: RoomFacts = { webRid: null, title: null, anchor: null };

/** Keeps what is known of the rooms that clients follow at hand while their events are written: a title may be a minute old. */
export class Abouts {
  readonly #rooms: Pick<Rooms, "get" | "list">;
  readonly #known = new Map<RoomKey, RoomFacts>();

  constructor(rooms: Pick<Rooms, "get" | "list">) {
    this.#rooms = rooms;
  }

  /** Returns what was known of a room when it was last read. */
  of(room: RoomKey): RoomFacts {
    return this.#known.get(room) ?? NOTHING;
  }

  /** Reads what is known of a room. */
  async load(room: RoomKey): Promise<RoomFacts> {
    const about = (await this.#rooms.get(room)) ?? NOTHING;
    this.#known.set(room, about);
    return about;
  }

  /** Reads again what is known of the rooms still followed, and forgets the others. */
  async refresh(followed: ReadonlySet<RoomKey>): Promise<void> {
    for (const room of this.#known.keys()) if (!followed.has(room)) this.#known.delete(room);
    if (this.#known.size === 0) return;
    for (const row of await this.#rooms.list()) if (this.#known.has(row.room)) this.#known.set(row.room, row);
  }
}

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
