import type { Database } from "better-sqlite3";
import { DyliveError } from "../../runtime/errors.js";
import { told } from "../../runtime/told.js";
import { isBusy, refusal } from "./refusal.js";

/** Longest time for which a call waits for others to share its transaction, in ms. */
const GROUP_MS = 20;
/** Number of waiting events from which on the flush is not put off. */
const FULL_GROUP = 1000;
/** Most events of one transaction, by their weights: more would hold up the event loop for tens of milliseconds. The rest takes the next one. */
const MAX_TRANSACTION = 2000;
/** Most waiting events (100 MB or so), beyond which calls are refused: the disk or another process holds the database. */
const MAX_WAITING = 200_000;
/** Longest time for which another process may hold the write lock before calls are refused, in ms; between tries the event loop runs. */
const BUSY_MS = 10_000;
/** Time for which one try waits for the write lock, which holds up the event loop, and the pause before the next one, in ms. */
const LOCK_MS = 5;

interface WriteCall {
  readonly work: () => unknown;
  readonly weight: number;
  readonly since: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Commits in groups: calls that come close together share one transaction, and each promise settles after COMMIT. A call that fails takes
 * no other with it. Real timers, not the store's clock: this paces the disk.
 */
export class GroupWriter {
  readonly #database: Database;
  readonly #assertKept: () => void;
  #calls: WriteCall[] = [];
  #waiting = 0;
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Time before which there is no flush (performance.now). */
  #notBefore = 0;

  /** @param assertKept throws if the database's file is lost */
  constructor(database: Database, assertKept: () => void = () => {}) {
    this.#database = database;
    this.#assertKept = assertKept;
  }

  /**
   * Runs `work`, which is synchronous, in the next transaction. It may run twice, the first time rolled back.
   *
   * @param weight how many events it stores, where a long one counts as several
   * @throws DyliveError `bad_request` when the engine refused the values, `internal` and those of the disk when it could not store anything
   */
  submit<T>(work: () => T, weight = 1): Promise<T> {
    if (this.#waiting + weight > MAX_WAITING && this.#calls.length > 0) {
      return Promise.reject(new DyliveError("internal", told`${this.#waiting} events wait for the database already`));
    }
    return new Promise<T>((resolve, reject) => {
      // The only cast: the queue holds calls of every result type.
      this.#calls.push({ work, weight, since: performance.now(), resolve: resolve as (value: unknown) => void, reject });
      this.#waiting += weight;
      // Without a disk there is nothing to share.
      if (this.#database.memory) this.#flush();
      else this.#schedule();
    });
  }

  /** Commits everything that waits, now. What another process keeps from being written for as long as the connection waits is rejected. */
  drain(): void {
    while (this.#calls.length > 0) this.#flush();
    this.#unschedule();
  }

  #schedule(): void {
    if (this.#immediate !== undefined) return;
    const delay = this.#notBefore - performance.now();
    if (delay < 1 || this.#waiting >= FULL_GROUP) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#immediate = setImmediate(() => this.#flush(LOCK_MS));
      return;
    }
    this.#timer ??= setTimeout(() => this.#flush(LOCK_MS), delay);
  }

  #unschedule(): void {
    clearImmediate(this.#immediate);
    clearTimeout(this.#timer);
    this.#immediate = undefined;
    this.#timer = undefined;
  }

  /** @param lockMs time for which a try waits for the write lock, after which it is tried again; null waits as the connection does, once */
  #flush(lockMs: number | null = null): void {
    this.#unschedule();
    const calls = this.#take();
    const began = performance.now();
    const busy = this.#settle(calls, lockMs).filter((call) => {
      if (lockMs !== null && began - call.since < BUSY_MS) return true;
      call.reject(new DyliveError("store_locked", "another process holds the database"));
      return false;
    });
    this.#calls.unshift(...busy);
    for (const call of busy) this.#waiting += call.weight;
    const ended = performance.now();
    // A lone call shows that nobody else would have shared its transaction: no waiting then.
    const pause = calls.length > 1 ? GROUP_MS : 0;
    this.#notBefore = ended + (busy.length > 0 ? LOCK_MS : pause);
    if (this.#calls.length > 0) this.#schedule();
  }

  #take(): readonly WriteCall[] {
    let weight = 0;
    let count = 0;
    for (const call of this.#calls) {
      if (count > 0 && weight + call.weight > MAX_TRANSACTION) break;
      weight += call.weight;
      count++;
    }
    this.#waiting -= weight;
    return this.#calls.splice(0, count);
  }

  /** Settles calls. @returns the calls that are to be tried again, because another process had the lock */
  #settle(calls: readonly WriteCall[], lockMs: number | null): readonly WriteCall[] {
    try {
      const results = this.#commit(calls, lockMs);
      for (const [index, call] of calls.entries()) call.resolve(results[index]);
      return [];
    } catch (error) {
      if (isBusy(error)) return calls;
      if (calls.length > 1) return calls.flatMap((call) => this.#settle([call], lockMs));
      for (const call of calls) call.reject(refusal(error));
      return [];
    }
  }

  #commit(calls: readonly WriteCall[], lockMs: number | null): readonly unknown[] {
    this.#assertKept();
    this.#begin(lockMs);
    try {
      const results = calls.map((call) => call.work());
      this.#database.exec("COMMIT");
      return results;
    } catch (error) {
      // The engine has rolled back by itself after some errors (disk full).
      if (this.#database.inTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  #begin(lockMs: number | null): void {
    const usualMs = lockMs === null ? null : this.#database.pragma("busy_timeout", { simple: true });
    try {
      if (lockMs !== null) this.#database.pragma(`busy_timeout = ${lockMs}`);
      this.#database.exec("BEGIN IMMEDIATE");
    } finally {
      if (usualMs !== null) this.#database.pragma(`busy_timeout = ${usualMs}`);
    }
  }
}
