import { compile, FilterError, type Predicate } from "../events/filter.js";
import { yieldToEventLoop } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import { FairSemaphore } from "../runtime/semaphore.js";
import type { StoredEvent } from "../store/stored-event.js";

/** Longest stretch for which a filter holds the thread, in ms; the event at which it ends comes on top. */
const SLICE_MS = 5;
/** Readings that hold events at a time: a page of 2,000 events takes some 10 MB until it is text. */
const READINGS_MAX = 8;

/** A mistake in a filter, with its place. */
class BadFilter extends DyliveError {
  readonly details: { readonly position: number };

  constructor({ said, position }: FilterError) {
    super("bad_request", msg`filter: ${said} (at character ${position + 1})`);
    this.details = { position };
  }
}

/** Reads an expression of the filter language. @throws BadFilter */
export function readFilter(expression: string): Predicate {
  try {
    return compile(expression);
  } catch (error) {
    throw error instanceof FilterError ? new BadFilter(error) : error;
  }
}

/** Bounds of {@link ReadQueue.filter}. */
interface FilterBounds {
  /** Most events to find; any number by default. */
  readonly limit?: number;
  /** Deadline of the filter, in ms of its own work; none by default. */
  readonly maxMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Result of a filter. */
interface Filtered {
  readonly found: readonly StoredEvent[];
  /** Events that were looked at, from the first on: all, unless it ended early. */
  readonly tried: number;
  /** ms that the filter took. */
  readonly ms: number;
}

/**
 * Queue of the work that takes milliseconds of a thread: pages of the log, and filters on them. One piece runs in each turn of the event loop, in
 * the order of the calls, so that everything else runs in between.
 */
export class ReadQueue {
  readonly #readings = new FairSemaphore(READINGS_MAX);
  #lastTurn: Promise<void> = Promise.resolve();

  /** Resolves in a turn of the event loop that no other caller has. */
  turn(): Promise<void> {
    this.#lastTurn = this.#lastTurn.then(yieldToEventLoop);
    return this.#lastTurn;
  }

  /** Waits for one of the places of readings that hold events in memory. @returns the release; null if the signal aborted first */
  begin(signal?: AbortSignal): Promise<(() => void) | null> {
    return this.#readings.acquire(signal);
  }

  /** Compiles an expression of the filter language in a turn. @throws BadFilter */
  async compile(expression: string): Promise<Predicate> {
    await this.turn();
    return readFilter(expression);
  }

  /** Runs a filter on events in slices of a turn each. An abort ends it between two events. */
  async filter(rows: readonly StoredEvent[], wanted: Predicate, bounds: FilterBounds = {}): Promise<Filtered> {
    const { limit = Number.POSITIVE_INFINITY, maxMs = Number.POSITIVE_INFINITY, signal } = bounds;
    const found: StoredEvent[] = [];
    let tried = 0;
    let ms = 0;
    while (tried < rows.length && found.length < limit && ms < maxMs) {
      await this.turn();
      if (signal?.aborted) break;
      const began = performance.now();
      let sliceMs = 0;
      while (tried < rows.length && found.length < limit && sliceMs < SLICE_MS) {
        const row = rows[tried++] as StoredEvent;
        if (wanted(row.event)) found.push(row);
        sliceMs = performance.now() - began;
      }
      ms += sliceMs;
    }
    return { found, tried, ms };
  }
}
