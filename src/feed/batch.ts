import type { Page, RoomKey } from "../store/log.js";
import type { StoredEvent } from "../store/stored-event.js";

/**
 * A stretch of a room's log, read once and handed to many readers: nobody may change it. What one reader makes of it (a filter's answer in a
 * format) is kept for the next that asks for the same.
 */
export class Batch {
  readonly room: RoomKey;
  /** Everything up to here came in earlier batches. */
  readonly after: number;
  /** Everything up to here is in this batch, was left out by the store's condition, or is in `removed`. */
  readonly to: number;
  /** The room's newest seq when the batch was read. */
  readonly head: number;
  readonly rows: readonly StoredEvent[];
  /** A removed range that was passed over before the first event, both ends included. */
  readonly removed: readonly [from: number, to: number] | null;
  readonly #made = new Map<string, Buffer | null>();
  readonly #choosing = new Map<string, Promise<void>>();
  readonly #chosen = new Map<string, ReadonlySet<StoredEvent>>();

  constructor(room: RoomKey, after: number, { rows, scanned, head, removed }: Omit<Page, "events">) {
    this.room = room;
    this.after = after;
    this.to = scanned;
    this.head = head;
    this.rows = Object.freeze(rows);
    this.removed = removed === undefined ? null : Object.freeze(removed);
    Object.freeze(this);
  }

  /**
   * Returns bytes made of this batch, made once per key.
   * @param key names the filter and the format; equal keys must mean equal bytes
   */
  once(key: string, make: () => Buffer | null): Buffer | null {
    let made = this.#made.get(key);
    if (made === undefined) {
      made = make();
      this.#made.set(key, made);
    }
    return made;
  }

  /** Chooses events of this batch, once per key, however many readers ask. @param key names what is chosen */
  choose(key: string, choose: () => Promise<readonly StoredEvent[]>): Promise<void> {
    let choosing = this.#choosing.get(key);
    if (choosing === undefined) {
      choosing = choose().then((rows) => void this.#chosen.set(key, new Set(rows)));
      this.#choosing.set(key, choosing);
    }
    return choosing;
  }

  /** Returns what was chosen. @throws Error when nothing was */
  chosen(key: string): ReadonlySet<StoredEvent> {
    const chosen = this.#chosen.get(key);
    if (chosen === undefined) throw new Error(`nothing was chosen of a batch by ${key}`);
    return chosen;
  }

  /** Returns the rest of the batch for a reader that has already come as far as `seq`. */
  rest(seq: number): Batch {
    const rows = this.rows.filter((row) => row.seq > seq);
    const removed =
      this.removed !== null && this.removed[1] > seq ? ([Math.max(this.removed[0], seq + 1), this.removed[1]] as const) : null;
    return new Batch(this.room, seq, { rows, scanned: this.to, head: this.head, ...(removed && { removed }) });
  }
}
