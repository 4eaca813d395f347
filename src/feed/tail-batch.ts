import type { LiveEvent } from "../events/event.js";
import type { Page, RoomKey } from "../store/log.js";

/**
 * A stretch of a room's log, read once and handed to many readers: nobody may change it. What one reader makes of it (a filter's answer in a
 * format) is kept for the next that asks for the same.
 */
export class TailBatch {
  readonly room: RoomKey;
  /** Everything up to here came in earlier batches. */
  readonly after: number;
  /** Everything up to here is in this batch, was left out by the store's condition, or is in `removed`. */
  readonly to: number;
  readonly events: readonly LiveEvent[];
  /** A removed range that was passed over before the first event, both ends included. */
  readonly removed: readonly [from: number, to: number] | null;
  readonly #texts: string[] = [];
  readonly #made = new Map<string, Buffer | null>();
  readonly #choosing = new Map<string, Promise<void>>();
  readonly #chosen = new Map<string, ReadonlySet<LiveEvent>>();

  constructor(room: RoomKey, after: number, { events, scanned, removed }: Pick<Page, "events" | "scanned" | "removed">) {
    this.room = room;
    this.after = after;
    this.to = scanned;
    this.events = Object.freeze(events.map((event) => Object.freeze(event)));
    this.removed = removed === undefined ? null : Object.freeze(removed);
    Object.freeze(this);
  }

  /** Returns the event's JSON text, made once for all formats. */
  json(index: number): string {
    this.#texts[index] ??= JSON.stringify(this.events[index]);
    return this.#texts[index] ?? "";
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
  choose(key: string, choose: () => Promise<readonly LiveEvent[]>): Promise<void> {
    let choosing = this.#choosing.get(key);
    if (choosing === undefined) {
      choosing = choose().then((events) => void this.#chosen.set(key, new Set(events)));
      this.#choosing.set(key, choosing);
    }
    return choosing;
  }

  /** Returns what was chosen. @throws Error when nothing was */
  chosen(key: string): ReadonlySet<LiveEvent> {
    const chosen = this.#chosen.get(key);
    if (chosen === undefined) throw new Error(`nothing was chosen of a batch by ${key}`);
    return chosen;
  }

  /** Returns the rest of the batch for a reader that has already come as far as `seq`. */
  rest(seq: number): TailBatch {
    const events = this.events.filter((event) => event.seq > seq);
    const removed =
      this.removed !== null && this.removed[1] > seq ? ([Math.max(this.removed[0], seq + 1), this.removed[1]] as const) : null;
    return new TailBatch(this.room, seq, { events, scanned: this.to, ...(removed && { removed }) });
  }
}
