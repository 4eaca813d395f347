import type { LiveEvent } from "../events/event.js";
import type { Predicate } from "../events/filter.js";
import { type Clock, linkedController } from "../runtime/clock.js";
import type { Removal, RoomKey, StoreLog, Where } from "../store/log.js";
import { matches, PAGE_BYTES } from "../store/page.js";
import type { StoredEvent } from "../store/stored-event.js";
import type { Batch } from "./batch.js";
import type { Feed } from "./feed.js";
import type { ReadQueue } from "./read-queue.js";

/** Least rows asked for at a time, so that looking for the last few among many hidden ones does not go row by row. */
const STEP_MIN = 100;
/** Most rows asked for at a time: reading them takes some milliseconds, in which nothing else runs. */
const STEP_MAX = 250;
/** Bounds of one reading: rows scanned (steps), events that its filter is tried on, ms that its filter takes. The next one goes on from there. */
const STEPS_MAX = 1_000;
const TRIES_MAX = 20_000;
const FILTER_MAX_MS = 1_000;

/** RoomPlace of a reader in a room. */
export interface RoomPlace {
  /** Seq up to which everything was given or passed over. */
  readonly next: number;
  /** Position in the whole log that stands for it. */
  readonly pos: number;
}

/** Result of a reading: events in order, and where the reader is afterwards. */
export interface ReadEvents extends RoomPlace {
  readonly rows: readonly StoredEvent[];
  /** Whether there is more to look at right now. */
  readonly more: boolean;
  /** Removed ranges that were passed over. */
  readonly removed: readonly Removal[];
}

/** Filter of the events of a room that a caller is shown; the others are passed over. */
export interface Filter {
  /** Condition by which the store can leave out events by itself. */
  readonly where: Where;
  /** Whether an event that fulfils it is shown, where that takes a look inside; null where all are. */
  readonly inside: ((event: LiveEvent) => boolean) | null;
  /** Expression of the caller's own that says which of these are wanted: it takes time, which is counted. */
  readonly expression: Predicate | null;
}

/** Request of a reading: what is read, and how much of it. */
export interface ReadRequest {
  readonly log: StoreLog;
  readonly room: RoomKey;
  readonly limit: number;
  readonly filter: Filter;
  readonly queue: ReadQueue;
}

/**
 * Reads the next events that the filter shows, up to `limit`. Goes on in steps, each in a turn of its own, until it has them, has seen all
 * or has reached a bound; an abort ends it between two events.
 */
export async function readAfter(reading: ReadRequest, after: RoomPlace, signal: AbortSignal): Promise<ReadEvents> {
  const { log, room, filter, queue } = reading;
  const end = await queue.begin(signal);
  if (end === null) return nothing(after);
  const steps = new Steps(reading, signal);
  let { next, pos } = after;
  try {
    for (;;) {
      await steps.begin();
      if (signal.aborted) return { ...steps.got, next, pos, more: true };
      const page = await log.readRoom(room, next, steps.rows, filter.where);
      const { last, isWhole } = await steps.take(page.rows, rangesOf(page.removed));
      // Without progress the store has nothing more to say, whatever its head is.
      const more = isWhole ? page.scanned > next && page.scanned < page.head : (last?.seq ?? next) < page.head;
      if (isWhole) [next, pos] = [Math.max(next, page.scanned), page.pos];
      else if (last !== null) [next, pos] = [last.seq, last.pos];
      if (!more || steps.areOver) return { ...steps.got, next, pos, more };
    }
  } finally {
    end();
  }
}

/**
 * Reads the newest events that the filter shows, up to `limit`, oldest first; afterwards the reader is at the head. Once begun it is not
 * ended early: what it had not yet found would be passed over for good.
 */
export async function readNewest(reading: ReadRequest): Promise<ReadEvents> {
  const end = await reading.queue.begin();
  try {
    const { rows, head } = await stepBack(reading, Number.MAX_SAFE_INTEGER);
    return { rows, ...head, more: false, removed: [] };
  } finally {
    end?.();
  }
}

/** Reads the last events before a seq that the filter shows, up to `limit`, oldest first; `next` is the seq before which to go on. */
export async function readRoomBefore(reading: ReadRequest, from: number, signal?: AbortSignal): Promise<Omit<ReadEvents, "pos">> {
  const end = await reading.queue.begin(signal);
  if (end === null) return nothing({ next: from, pos: 0 });
  try {
    return await stepBack(reading, from, signal);
  } finally {
    end();
  }
}

/** Returns the result of a reading that was ended before it began: the reader is where it was. */
function nothing({ next, pos }: RoomPlace): ReadEvents {
  return { rows: [], next, pos, more: true, removed: [] };
}

function rangesOf(removed: readonly [from: number, to: number] | undefined): readonly Removal[] {
  return removed === undefined ? [] : [{ from: removed[0], to: removed[1] }];
}

/** Whether a filter shows an event, whatever its expression says. */
export function shows({ where, inside }: Pick<Filter, "where" | "inside">, row: StoredEvent): boolean {
  return matches(row, where) && (inside === null || inside(row.event));
}

async function stepBack(reading: ReadRequest, from: number, signal?: AbortSignal) {
  const { log, room, filter } = reading;
  const steps = new Steps(reading, signal);
  let before = from;
  let head: RoomPlace = { next: 0, pos: 0 };
  while (before > 1) {
    await steps.begin();
    if (signal?.aborted) break;
    const page = await log.readRoomBefore(room, before, steps.rows, filter.where);
    if (before === from) head = { next: page.head, pos: page.pos };
    const { last, isWhole } = await steps.take(page.rows.toReversed(), rangesOf(page.removed));
    if (isWhole && page.scanned >= before) before = 1;
    else before = isWhole ? page.scanned : (last?.seq ?? before);
    if (steps.areOver) break;
  }
  const { rows, removed } = steps.got;
  return { rows: rows.toReversed(), next: before, more: before > 1, removed, head };
}

/** A wait for a room's next events: for how long, and by which clock. */
interface LongPollWait {
  readonly feed: Feed;
  readonly clock: Clock;
  readonly ms: number;
}

/**
 * Waits until there are events after a place that the filter shows, up to `limit` of them: those that come together. Ends with none when the
 * time is over, the signal aborts, or a bound is reached.
 */
export async function readNext(
  reading: ReadRequest,
  after: RoomPlace,
  { feed, clock, ms }: LongPollWait,
  signal: AbortSignal,
): Promise<ReadEvents> {
  const { room, filter, queue } = reading;
  const steps = new Steps(reading, signal);
  const over = linkedController(signal);
  clock.sleep(ms, over.signal).then(
    () => over.abort(),
    () => {},
  );
  let { next, pos } = after;
  let more = false;
  const take = async (batch: Batch) => {
    await queue.turn();
    const { last, isWhole } = await steps.take(batch.rows, batch.removed);
    const seen = isWhole ? batch.rows.at(-1) : last;
    next = Math.max(next, seen?.seq ?? 0);
    if (isWhole) pos = batch.to;
    else if (last !== null) pos = last.pos;
    more = !isWhole;
    if (steps.got.rows.length > 0 || steps.areOver) over.abort();
  };
  try {
    await feed.follow({ rooms: new Set([room]), after: pos, where: filter.where, take }, over.signal).done;
    return { ...steps.got, next, pos, more };
  } finally {
    over.abort();
    over.release();
  }
}

/** The steps of one reading: what they found, and whether they were enough. */
class Steps {
  readonly #reading: ReadRequest;
  readonly #signal: AbortSignal | undefined;
  readonly #rows: StoredEvent[] = [];
  readonly #removed: Removal[] = [];
  #count = 0;
  #tried = 0;
  #ms = 0;
  /** Characters of the events found: an answer is made and kept as a whole. One step may come on top of a page's worth. */
  #chars = 0;

  constructor(reading: ReadRequest, signal: AbortSignal | undefined) {
    this.#reading = reading;
    this.#signal = signal;
  }

  get got(): Pick<ReadEvents, "rows" | "removed"> {
    return { rows: this.#rows, removed: this.#removed };
  }

  /** Rows that the next step asks for. */
  get rows(): number {
    return Math.min(STEP_MAX, Math.max(this.#left, STEP_MIN));
  }

  get areOver(): boolean {
    if (this.#left === 0 || this.#chars >= PAGE_BYTES || this.#signal?.aborted === true) return true;
    return this.#count >= STEPS_MAX || this.#tried >= TRIES_MAX || this.#ms >= FILTER_MAX_MS;
  }

  get #left(): number {
    return this.#reading.limit - this.#rows.length;
  }

  /** Waits for the turn of the next step. */
  async begin(): Promise<void> {
    this.#count++;
    await this.#reading.queue.turn();
  }

  /**
   * Takes what is shown of a page, in the order in which it is looked at.
   * @returns whether it looked at all of it, and the last one that it looked at, null for none
   */
  async take(rows: readonly StoredEvent[], removed: readonly Removal[]): Promise<{ last: StoredEvent | null; isWhole: boolean }> {
    const { filter, queue } = this.#reading;
    this.#removed.push(...removed.map(({ from, to }) => ({ from, to })));
    const shown = rows.filter((row) => shows(filter, row));
    const limit = this.#left;
    let looked = shown.slice(0, limit);
    let found = looked;
    if (filter.expression !== null) {
      const filtered = await queue.filter(shown, filter.expression, { limit, maxMs: FILTER_MAX_MS - this.#ms, signal: this.#signal });
      this.#tried += filtered.tried;
      this.#ms += filtered.ms;
      looked = shown.slice(0, filtered.tried);
      found = [...filtered.found];
    }
    for (const row of found) {
      this.#rows.push(row);
      this.#chars += row.text.length;
    }
    // The last one that was wanted ends the reading there, also where others behind it are not shown.
    const isWhole = looked.length === shown.length && found.length < limit;
    return { last: looked.at(-1) ?? null, isWhole };
  }
}
