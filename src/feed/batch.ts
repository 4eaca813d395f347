import type { RoomKey, RoomRemoval } from "../store/log.js";
import type { StoredEvent } from "../store/stored-event.js";

/** Positions that a batch covers, and what it holds of them. */
interface BatchParts {
  /** Everything up to here came in earlier batches. */
  readonly after: number;
  /** Everything up to here is in this batch, was left out by the store's condition, or is in `removed`. */
  readonly to: number;
  readonly rows: readonly StoredEvent[];
  /** Removed ranges that end here, in the order of their positions. */
  readonly removed: readonly RoomRemoval[];
}

/**
 * A stretch of the log, read once and handed to many readers: it is never changed. What one reader makes of it (a filter's answer in a format)
 * is kept for the next that asks for the same.
 */
export class Batch implements BatchParts {
  readonly after: number;
  readonly to: number;
  readonly rows: readonly StoredEvent[];
  readonly removed: readonly RoomRemoval[];
  readonly #made = new Map<unknown, unknown>();

  constructor({ after, to, rows, removed }: BatchParts) {
    this.after = after;
    this.to = to;
    this.rows = rows;
    this.removed = removed;
  }

  /** Rooms that have something in it. */
  get rooms(): ReadonlySet<RoomKey> {
    return this.once("rooms", () => new Set([...this.rows, ...this.removed].map(({ room }) => room)));
  }

  /**
   * Returns what is made of this batch, made once per key.
   * @param key names what is made, as the filter and the format; equal keys must mean equal things
   */
  once<T>(key: string, make: () => T): T {
    if (this.#made.has(key)) return this.#made.get(key) as T;
    const made = make();
    this.#made.set(key, made);
    return made;
  }

  /** Returns the part of it that is of these rooms: the same for all who ask for the same rooms. Null stands for all. */
  of(rooms: ReadonlySet<RoomKey> | null): Batch {
    if (rooms === null) return this;
    // By the fewer of both: a batch may be of thousands of rooms, and of thousands of readers each reads one.
    const [fewer, more] = rooms.size < this.rooms.size ? [rooms, this.rooms] : [this.rooms, rooms];
    const touched = [...fewer].filter((room) => more.has(room));
    if (touched.length === this.rooms.size) return this;
    return this.once(`rooms ${touched.sort().join()}`, () => {
      const isOf = ({ room }: { readonly room: RoomKey }) => rooms.has(room);
      return new Batch({ after: this.after, to: this.to, rows: this.rows.filter(isOf), removed: this.removed.filter(isOf) });
    });
  }

  /** Returns the rest of it for a reader that has come as far as `pos`. */
  rest(pos: number): Batch {
    if (pos <= this.after) return this;
    const isAfter = (one: { readonly pos: number }) => one.pos > pos;
    return new Batch({ after: pos, to: this.to, rows: this.rows.filter(isAfter), removed: this.removed.filter(isAfter) });
  }

  /** Yields these of its events, and its removed ranges, in the order of their positions. */
  *inOrder(rows: readonly StoredEvent[]): Generator<StoredEvent | RoomRemoval, void> {
    let next = 0;
    for (const row of rows) {
      for (let gone = this.removed[next]; gone !== undefined && gone.pos < row.pos; gone = this.removed[++next]) yield gone;
      yield row;
    }
    yield* this.removed.slice(next);
  }
}
