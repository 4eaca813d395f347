import { breathe, type Clock } from "../runtime/clock.js";
import type { Log, Page, RoomKey } from "../store/log.js";
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
  readonly #made = new Map<unknown, unknown>();
  readonly #choosing = new Map<string, Promise<void>>();
  readonly #chosen = new Map<string, ReadonlySet<StoredEvent>>();

  constructor(room: RoomKey, after: number, { rows, scanned, head, removed }: Omit<Page, "events" | "pos">) {
    this.room = room;
    this.after = after;
    this.to = scanned;
    this.head = head;
    this.rows = Object.freeze(rows);
    this.removed = removed === undefined ? null : Object.freeze(removed);
    Object.freeze(this);
  }

  /**
   * Returns what is made of this batch, made once per key.
   * @param key names what is made, as the filter and the format, or is what it is made for; equal keys must mean equal things
   */
  once<T>(key: string | object, make: () => T): T {
    if (this.#made.has(key)) return this.#made.get(key) as T;
    const made = make();
    this.#made.set(key, made);
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

/** Events read and handed over at a time: at 5,000 a second one page is 100 ms of a room. */
const PAGE_EVENTS = 500;
/** Pause after the log could not be read. */
const RETRY_MS = 1_000;

/** Reader that is given a room's batches once it is at the head. */
export interface TailReader {
  /** Everything up to here it has. */
  readonly at: number;
  /** Takes the next batch, which begins at `at`; afterwards `at` must be the batch's `to`. Must not throw. */
  take(batch: Batch): void;
}

/** Dependencies of a tail. */
export interface TailDeps {
  readonly log: Pick<Log, "readRoom" | "heads" | "wakes">;
  readonly clock: Clock;
  /** Least ms between two batches of a room: what comes in between goes out together. */
  readonly coalesceMs: number;
  /** Told of what went wrong; the tail goes on by itself. */
  readonly onError: (error: unknown) => void;
}

/** End of one room's log. It reads what is new once and hands the same batch to every reader that has joined. */
export class Tail {
  readonly room: RoomKey;
  /** Rejects when the log could not say where its head is. */
  readonly started: Promise<void>;
  readonly #deps: TailDeps;
  readonly #signal: AbortSignal;
  readonly #readers = new Set<TailReader>();
  #at = 0;
  #gaveAt = Number.NEGATIVE_INFINITY;
  #running = false;
  /** Whether the room may have events beyond `at`. */
  #again = false;

  constructor(room: RoomKey, deps: TailDeps, signal: AbortSignal) {
    this.room = room;
    this.#deps = deps;
    this.#signal = signal;
    this.started = this.#start();
  }

  /** Everything up to here was handed out. */
  get at(): number {
    return this.#at;
  }

  /** Lets a reader in that has everything up to the tail's place, or more; false when it is behind and has to read the log itself. */
  join(reader: TailReader): boolean {
    if (reader.at < this.#at) return false;
    this.#readers.add(reader);
    // The tail does not read while nobody listens; what came meanwhile is looked for now.
    if (this.#again) this.wake();
    return true;
  }

  leave(reader: TailReader): void {
    this.#readers.delete(reader);
  }

  /** Called when the room may have got events. */
  wake(): void {
    this.#again = true;
    if (!this.#running && this.#readers.size > 0) void this.#run();
  }

  async #start(): Promise<void> {
    const { log } = this.#deps;
    this.#at = (await log.heads([this.room])).get(this.room)?.head ?? 0;
  }

  async #run(): Promise<void> {
    const { clock, coalesceMs, onError } = this.#deps;
    this.#running = true;
    while (this.#again && this.#readers.size > 0 && !this.#signal.aborted) {
      try {
        const waitMs = this.#gaveAt + coalesceMs - clock.now();
        // A clock that was set back holds nothing up.
        if (waitMs > 0) await clock.sleep(Math.min(waitMs, coalesceMs), this.#signal);
        this.#again = false;
        await this.#advance();
      } catch (error) {
        this.#again = true;
        if (this.#signal.aborted) break;
        onError(error);
        await clock.sleep(RETRY_MS, this.#signal).catch(() => {});
      }
    }
    this.#running = false;
  }

  async #advance(): Promise<void> {
    while (!this.#signal.aborted) {
      if (this.#readers.size === 0) {
        this.#again = true;
        return;
      }
      const page = await this.#deps.log.readRoom(this.room, this.#at, PAGE_EVENTS);
      if (page.scanned <= this.#at) return;
      const batch = new Batch(this.room, this.#at, page);
      this.#at = batch.to;
      this.#gaveAt = this.#deps.clock.now();
      for (const reader of this.#readers) {
        // A reader that read the log itself may be ahead of the tail: it gets the rest only.
        if (reader.at < batch.to) reader.take(reader.at === batch.after ? batch : batch.rest(reader.at));
      }
      if (page.scanned >= page.head) return;
      await breathe();
    }
  }
}
