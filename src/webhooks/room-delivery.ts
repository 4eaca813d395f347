import type { ReadingTime } from "../feed/reading-time.js";
import { type Backoff, backoffMs } from "../runtime/backoff.js";
import type { Clock } from "../runtime/clock.js";
import type { FairSemaphore } from "../runtime/semaphore.js";
import type { HookBatch, HookBatchHead, HookRow, Hooks, HookTry } from "../store/hooks.js";
import type { Log, RoomKey } from "../store/log.js";
import type { StoredEvent } from "../store/stored-event.js";
import { makeBatch } from "./batch.js";
import type { FirstLive } from "./first-live.js";
import { signed } from "./secret.js";
import type { HookSelection } from "./selection.js";
import type { Answered, Send } from "./send.js";

/** Wait between two tries, in ms. A day's outage costs some twenty tries; a receiver that is back is found within two hours. */
const RETRY: Backoff = { firstMs: 5_000, longestMs: 2 * 3_600_000 };
/** Least ms between the beginnings of two batches of a room, unless the first was full: events that come in between go together. */
const PACE_MS = 100;
/** Pause after the store failed. */
const STORE_RETRY_MS = 1_000;

/** Dependencies that the deliveries of one hook share. */
export interface RoomDeliveryDeps {
  readonly hook: HookRow;
  readonly selection: HookSelection;
  readonly store: { readonly hooks: Hooks; readonly log: Pick<Log, "id" | "read"> };
  readonly firstLive: FirstLive;
  readonly clock: Clock;
  readonly send: Send;
  /** Divides the thread's time among hooks' expressions. */
  readonly time: ReadingTime;
  readonly slots: FairSemaphore;
  /** Position of the hook in each room. */
  readonly places: Map<RoomKey, number>;
  /** Rooms whose position the store does not know yet. */
  readonly unsaved: Set<RoomKey>;
  readonly onUnsaved: () => void;
  readonly signal: AbortSignal;
  /** Takes the outcome of every try; true when the hook is to be left alone. */
  readonly onTry: (outcome: HookTry, hook: HookRow) => boolean;
  readonly onError: (error: unknown) => void;
}

/** Delivers the events of one room to one hook, in order, one batch at a time: the next is not made before this one is delivered. */
export class RoomDelivery {
  readonly #room: RoomKey;
  readonly #parts: RoomDeliveryDeps;
  /** Batch that is fixed and not delivered. Its body stays in the store: many rooms may have to wait for one receiver. */
  #fixed: HookBatchHead | null;
  #again = false;
  /** Whether there was more in the log than went into the batch. */
  #more = false;
  #waiting: AbortController | null = null;

  constructor(room: RoomKey, parts: RoomDeliveryDeps, fixed: HookBatchHead | null) {
    this.#room = room;
    this.#parts = parts;
    this.#fixed = fixed;
  }

  /**
   * Resolves when everything that there is has been delivered, or the signal aborts. Never rejects.
   * @param onEnd called in the same turn in which it was last looked whether it was woken, so that no wake is lost
   */
  async run(onEnd: () => void): Promise<void> {
    const { signal, slots } = this.#parts;
    do {
      this.#again = false;
      for (let pause: number | null = 0; pause !== null && !signal.aborted; ) {
        pause = await slots.run(() => this.#step()).catch((error: unknown) => this.#failed(error));
        if (pause !== null && pause > 0) await this.#wait(pause);
      }
    } while (this.#again && !signal.aborted);
    onEnd();
  }

  /** Says that the room may have got events. */
  wake(): void {
    this.#again = true;
  }

  /** Tries again at once, if it waits. */
  hurry(): void {
    this.#waiting?.abort();
  }

  async #wait(ms: number): Promise<void> {
    const { clock, signal } = this.#parts;
    const waiting = new AbortController();
    const stop = () => waiting.abort();
    this.#waiting = waiting;
    signal.addEventListener("abort", stop, { once: true });
    await clock.sleep(ms, waiting.signal).catch(() => {});
    signal.removeEventListener("abort", stop);
    this.#waiting = null;
  }

  #failed(error: unknown): number | null {
    if (this.#parts.signal.aborted) return null;
    this.#parts.onError(error);
    return STORE_RETRY_MS;
  }

  /** Sends one batch. @returns ms to wait before the next step; null when there is nothing to do */
  async #step(): Promise<number | null> {
    const { hook, clock, signal } = this.#parts;
    const { hooks } = this.#parts.store;
    if (signal.aborted) return null;
    const began = clock.now();
    let batch: HookBatch | null;
    if (this.#fixed !== null) {
      batch = await hooks.batch(hook.id, this.#room);
      if (batch === null) {
        // Withdrawn, since somebody in it was erased: it is made anew. Or the hook was changed: then that is not fixed.
        this.#fixed = null;
        return 0;
      }
    } else {
      batch = await this.#next();
      if (batch !== null) {
        this.#parts.unsaved.delete(this.#room);
        if (!(await hooks.fix(hook.id, hook.revision, batch))) return null;
      }
    }
    // Somebody has changed the hook: it begins anew in a moment.
    if (batch === null) return null;
    const { body, ...head } = batch;
    this.#fixed = head;
    const answered = await this.#send(batch);
    if (signal.aborted && !answered.delivered) return null;
    const { putOffMs, ...outcome } = answered;
    const { id, room, from, to, events, tries } = batch;
    const attempt = tries + 1;
    const bytes = Buffer.byteLength(body);
    const done: HookTry = { id, at: began, ms: clock.now() - began, room, from, to, events, bytes, attempt, ...outcome };
    const now = await hooks.tried(hook.id, done);
    if (done.delivered) {
      this.#fixed = null;
      this.#parts.places.set(room, to);
    } else this.#fixed = { ...head, tries: attempt };
    if (now === null || this.#parts.onTry(done, now)) return null;
    if (!done.delivered) return Math.max(backoffMs(RETRY, attempt), putOffMs ?? 0);
    return this.#more ? 0 : Math.max(0, PACE_MS - (clock.now() - began));
  }

  #send({ id, body }: HookBatch): Promise<Answered> {
    const { hook, clock, send, signal } = this.#parts;
    const headers = {
      "content-type": "application/json; charset=utf-8",
      "user-agent": "dylive",
      ...signed(hook, id, body, clock.now()),
    };
    return send({ url: hook.url, headers, body, allowPrivate: hook.allowPrivate }, signal);
  }

  /**
   * Returns the events that the hook's expression lets through. A hook whose expression takes more time than it may waits until it has some
   * again.
   */
  async #passed(rows: readonly StoredEvent[]): Promise<readonly StoredEvent[]> {
    const { hook, selection, time, signal } = this.#parts;
    if (selection.expression === null) return rows;
    const payer = `hook ${hook.id}`;
    await time.calm(payer, signal);
    return (await time.sift(rows, { payer, wanted: selection.expression, signal })).found;
  }

  /** Makes the next batch of the room; null when there is nothing more. Events that are not wanted are passed over. */
  async #next(): Promise<HookBatch | null> {
    const { hook, selection, store, firstLive, clock, places, unsaved, onUnsaved, signal } = this.#parts;
    while (!signal.aborted) {
      const after = places.get(this.#room) ?? 0;
      const page = await store.log.read(this.#room, after, hook.maxEvents, { types: selection.types });
      if (page.scanned <= after) return null;
      const rows = [];
      for (const row of await this.#passed(page.rows)) {
        const wanted = selection.wants(row);
        if (wanted === "first" ? await firstLive.is(row.event) : wanted) rows.push(row);
      }
      if (signal.aborted) return null;
      const batch = makeBatch({ hook, logId: store.log.id, room: this.#room, after, now: clock.now() }, page, rows);
      this.#more = (batch?.to ?? page.scanned) < page.head;
      if (batch !== null) return batch;
      places.set(this.#room, page.scanned);
      unsaved.add(this.#room);
      onUnsaved();
      if (!this.#more) return null;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return null;
  }
}
