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
