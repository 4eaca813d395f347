import { compile, FilterError, type Predicate } from "../events/filter.js";
import type { Clock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { RateLimiter } from "../runtime/rate-limiter.js";
import { FairSemaphore } from "../runtime/semaphore.js";
import { told } from "../runtime/told.js";
import type { StoredEvent } from "../store/stored-event.js";

/** Limits of the time that the filter expressions and searches of one payer may take. A payer is a token or a webhook. */
export interface WorkLimits {
  /** ms at once, and per second in the long run. */
  readonly workBurstMs: number;
  readonly workMsPerSecond: number;
}

/** The limits of a server. What people write costs some microseconds: 60 filters on a room of 1,000 events a second. */
const WORK_LIMITS: WorkLimits = { workBurstMs: 5_000, workMsPerSecond: 200 };

/** Longest stretch for which filters hold the thread; the event at which it ends comes on top. */
const SLICE_MS = 5;
/** Interval between looks at whether a reader that waits may go on, in ms. */
const LOOK_MS = 100;
/** Readings that hold events at a time, of one payer and of all: a page of 2,000 events takes some 10 MB until it is text. As many searches. */
const READINGS_PER_PAYER = 4;
const READINGS_MAX = 16;
/** Expressions that are kept compiled: one may take some hundred KB. */
const COMPILED_MAX = 50;

/** A mistake in a filter, with its place. */
class BadFilter extends DyliveError {
  readonly details: { readonly position: number };

  constructor({ said, position }: FilterError) {
    super("bad_request", told`filter: ${said} (at character ${position + 1})`);
    this.details = { position };
  }
}

/** The filters and searches of a token have taken more time than they may. */
class TooCostly extends DyliveError {
  readonly details: { readonly retryAfterS: number };

  constructor(retryAfterS: number) {
    super("too_costly", told`the next is taken in ${retryAfterS} s`);
    this.details = { retryAfterS };
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

/** Filter that is tried on events, and for how long. */
interface Sifting {
  readonly payer: string;
  readonly wanted: Predicate;
  /** Ends when so many are found; any number by default. */
  readonly limit?: number;
  /** Ends after so much time of filters, by default never. */
  readonly mostMs?: number;
  readonly signal?: AbortSignal;
}

/** Result of a filter. */
interface Sifted {
  readonly found: readonly StoredEvent[];
  /** Events that were looked at, from the first on: all, unless it ended early. */
  readonly tried: number;
  /** ms that the filter took. */
  readonly ms: number;
}

/**
 * Divides a thread's time among readers: work that takes milliseconds (a page of the log, the filters on it) waits for its turn, of which
 * there is one in each turn of the event loop, and filters are counted and bounded by payer. So everything else has the thread in between.
 */
export class ReadingTime {
  readonly #clock: Clock;
  readonly #limits: WorkLimits;
  readonly #spent: RateLimiter;
  /** Callers that wait for a turn, by payer: the one whose turn is next comes first. */
  readonly #waiting = new Map<string, (() => void)[]>();
  readonly #compiled = new Map<string, Predicate>();
  readonly #readings = new FairSemaphore(READINGS_PER_PAYER, READINGS_MAX);
  readonly #searches = new FairSemaphore(READINGS_PER_PAYER, READINGS_MAX);
  #isDue = false;

  /** @param limits in place of a server's own */
  constructor(clock: Clock, limits: Partial<WorkLimits> = {}) {
    const { workBurstMs, workMsPerSecond } = { ...WORK_LIMITS, ...limits };
    this.#clock = clock;
    this.#limits = { workBurstMs, workMsPerSecond };
    this.#spent = new RateLimiter(clock, { burst: workBurstMs, perSecond: workMsPerSecond });
  }

  /** Waits for a turn: payers get theirs one after the other, each in the order of its own calls. */
  turn(payer: string): Promise<void> {
    return new Promise((resolve) => {
      const own = this.#waiting.get(payer);
      if (own === undefined) this.#waiting.set(payer, [resolve]);
      else own.push(resolve);
      this.#giveSoon();
    });
  }

  /**
   * Waits until the payer may begin a reading that keeps events in memory while it goes on: so many readings do that at a time, the others wait
   * with nothing.
   * @returns what ends the reading, or null when the signal aborted before it could begin
   */
  begin(payer: string, signal?: AbortSignal): Promise<(() => void) | null> {
    return this.#readings.acquire(payer, signal);
  }

  /** Does the same as {@link begin} for a search. Searches have places of their own: readings would wait behind those that take long. */
  beginSearch(payer: string, signal?: AbortSignal): Promise<(() => void) | null> {
    return this.#searches.acquire(payer, signal);
  }

  /**
   * Reads an expression of the filter language in a turn; one that was read lately is known.
   * @throws BadFilter
   */
  async compile(payer: string, expression: string): Promise<Predicate> {
    const known = this.#compiled.get(expression);
    this.#compiled.delete(expression);
    if (known === undefined) await this.turn(payer);
    const predicate = known ?? this.#spend(payer, () => readFilter(expression));
    this.#compiled.set(expression, predicate);
    for (const oldest of this.#compiled.keys()) {
      if (this.#compiled.size <= COMPILED_MAX) break;
      this.#compiled.delete(oldest);
    }
    return predicate;
  }

  /** Tries a filter on events, in turns; an abort ends it between two events. */
  async sift(rows: readonly StoredEvent[], sifting: Sifting): Promise<Sifted> {
    const { payer, wanted, limit = Number.POSITIVE_INFINITY, mostMs = Number.POSITIVE_INFINITY, signal } = sifting;
    const found: StoredEvent[] = [];
    let tried = 0;
    let ms = 0;
    while (tried < rows.length && found.length < limit && ms < mostMs) {
      await this.turn(payer);
      if (signal?.aborted) break;
      const began = performance.now();
      this.#spend(payer, () => {
        for (const row of tried === 0 ? rows : rows.slice(tried)) {
          tried++;
          if (wanted(row.event)) found.push(row);
          if (found.length === limit || performance.now() - began > SLICE_MS) break;
        }
      });
      ms += performance.now() - began;
    }
    return { found, tried, ms };
  }

  /** Returns the ms that the payer has left; below 0 it has taken too much. */
  left(payer: string): number {
    return this.#spent.left(payer);
  }

  /** Refuses a filter of a payer that has taken too much. @throws TooCostly */
  assertLeft(payer: string): void {
    const left = this.left(payer);
    if (left < 0) throw new TooCostly(Math.max(1, Math.ceil(-left / this.#limits.workMsPerSecond)));
  }

  /** Counts time that was taken for a payer elsewhere, by what its filters also take of. */
  charge(payer: string, ms: number): void {
    this.#spent.spend(ms, payer);
  }

  /** Waits until half of the payer's time is there: for readers of the past, who can wait. */
  async calm(payer: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.left(payer) < this.#limits.workBurstMs / 2) await this.#clock.sleep(LOOK_MS, signal).catch(() => {});
  }

  /** Does work for a payer, and counts its time. */
  #spend<T>(payer: string, work: () => T): T {
    const began = performance.now();
    try {
      return work();
    } finally {
      this.charge(payer, performance.now() - began);
    }
  }

  #giveSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => this.#give());
  }

  #give(): void {
    this.#isDue = false;
    for (const [payer, own] of this.#waiting) {
      this.#waiting.delete(payer);
      own.shift()?.();
      // Behind the others.
      if (own.length > 0) this.#waiting.set(payer, own);
      break;
    }
    if (this.#waiting.size > 0) this.#giveSoon();
  }
}
