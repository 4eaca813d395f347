import type { LiveEvent } from "../events/event.js";
import type { Log, Page, RoomKey } from "../log/log.js";
import type { Filter } from "./seed-filter.js";

/** Least rows asked for at a time, so that looking for the last few among many hidden ones does not go row by row. */
const STEP_MIN = 100;
/** Steps of one reading: some seconds of work at most. A client that gives up sooner than a reading ends would never get on. */
const STEPS_MAX = 500;

/** What a reader is given: events in order, and where it is afterwards. */
export interface Gathered {
  readonly events: readonly LiveEvent[];
  /** Everything up to here was given or passed over. */
  readonly next: number;
  /** There is more to look at right now. */
  readonly more: boolean;
  /** Removed ranges that were passed over, both ends included. */
  readonly removed: readonly (readonly [from: number, to: number])[];
}

/** What is read, and how much of it. */
export interface Reading {
  readonly log: Log;
  readonly room: RoomKey;
  readonly limit: number;
  readonly filter: Filter;
  /** Events that one reading tries the filter on at most (and one page more); the next one goes on from there. Any number by default. */
  readonly tries?: number | undefined;
}

/** The next events that the filter shows, up to `limit`. Goes on in steps until it has them or has seen all; an abort ends it between steps. */
export async function readAfter(
  { log, room, limit, filter, tries = Number.POSITIVE_INFINITY }: Reading,
  after: number,
  signal: AbortSignal,
): Promise<Gathered> {
  const events: LiveEvent[] = [];
  const removed: NonNullable<Page["removed"]>[] = [];
  let next = after;
  let tried = 0;
  for (let step = 1; ; step++) {
    const page = await log.read(room, next, Math.max(limit - events.length, STEP_MIN), filter.where);
    if (page.removed) removed.push(page.removed);
    tried += page.events.length;
    for (const event of page.events) {
      if (!filter.shows(event)) continue;
      events.push(event);
      if (events.length === limit) return { events, next: event.seq, more: event.seq < page.head, removed };
    }
    // Without progress the store has nothing more to say, whatever its head is.
    const more = page.scanned > next && page.scanned < page.head;
    next = Math.max(next, page.scanned);
    if (!more || step === STEPS_MAX || tried >= tries || signal.aborted) return { events, next, more, removed };
    await breathe();
  }
}

/**
 * The newest events that the filter shows, up to `limit`, oldest first; afterwards the reader is at `head`. It is not ended early:
 * what it had not yet found would be passed over for good.
 */
export async function readNewest(reading: Reading, head: number): Promise<Gathered> {
  const { events } = await readBefore(reading, head + 1);
  return { events, next: head, more: false, removed: [] };
}

/** The last events before a seq that the filter shows, up to `limit`, oldest first; `next` is the seq before which to go on. */
export async function readBefore({ log, room, limit, filter, tries = Number.POSITIVE_INFINITY }: Reading, from: number): Promise<Gathered> {
  const found: LiveEvent[] = [];
  const removed: NonNullable<Page["removed"]>[] = [];
  let before = from;
  let tried = 0;
  for (let step = 1; before > 1 && step <= STEPS_MAX && tried < tries; step++) {
    const page = await log.readBefore(room, before, Math.max(limit - found.length, STEP_MIN), filter.where);
    if (page.removed) removed.push(page.removed);
    tried += page.events.length;
    for (const event of page.events.toReversed()) {
      if (!filter.shows(event)) continue;
      found.push(event);
      if (found.length === limit) return { events: found.reverse(), next: event.seq, more: event.seq > 1, removed };
    }
    if (page.scanned >= before) return { events: found.reverse(), next: 1, more: false, removed };
    before = page.scanned;
    await breathe();
  }
  return { events: found.reverse(), next: before, more: before > 1, removed };
}

/** Lets everything else have its turn: embedded stores answer without ever leaving the event loop's current phase. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
