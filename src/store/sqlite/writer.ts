import type { Database, Statement } from "better-sqlite3";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { FULL_GROUP, groupPauseMs, MAX_WAITING } from "../group-commit.js";
import { isBusy, refusal } from "./refusal.js";

/** Most events of one transaction, by their weights: more would hold up the event loop for tens of milliseconds. The rest takes the next one. */
const MAX_TRANSACTION = 2000;
/** Longest time for which another connection may hold the write lock before calls are refused, in ms; between tries the event loop runs. */
const BUSY_MS = 10_000;
/** Time for which a call of the connection waits for a lock, which holds up the event loop, and the pause before a write is tried again, in ms. */
export const LOCK_MS = 5;
/** The same for the last writes before the connection is closed, which are tried once. */
const LAST_LOCK_MS = 100;

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
  readonly #begin: Statement;
  readonly #commit: Statement;
  readonly #rollback: Statement;
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
    this.#begin = database.prepare("BEGIN IMMEDIATE");
    this.#commit = database.prepare("COMMIT");
    this.#rollback = database.prepare("ROLLBACK");
  }

  /**
   * Runs `work`, which is synchronous, in the next transaction. It may run twice, the first time rolled back.
   *
   * @param weight how many events it stores, where a long one counts as several
   * @throws DyliveError `bad_request` when the engine refused the values, `internal` and those of the disk when it could not store anything
   */
  submit<T>(work: () => T, weight = 1): Promise<T> {
    if (this.#waiting + weight > MAX_WAITING && this.#calls.length > 0) {
      return Promise.reject(new DyliveError("internal", msg`${this.#waiting} events wait for the database already`));
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

  /** Commits everything that waits, now; for the end of the connection. A call that another connection's lock keeps from being written is rejected. */
  drain(): void {
    this.#database.pragma(`busy_timeout = ${LAST_LOCK_MS}`);
    while (this.#calls.length > 0) this.#flush(false);
    this.#unschedule();
  }

  #schedule(): void {
    if (this.#immediate !== undefined) return;
    const delay = this.#notBefore - performance.now();
    if (delay < 1 || this.#waiting >= FULL_GROUP) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#immediate = setImmediate(() => this.#flush());
      return;
    }
    this.#timer ??= setTimeout(() => this.#flush(), delay);
  }

  #unschedule(): void {
    clearImmediate(this.#immediate);
    clearTimeout(this.#timer);
    this.#immediate = undefined;
    this.#timer = undefined;
  }

  #flush(mayRetry = true): void {
    this.#unschedule();
    const calls = this.#take();
    const began = performance.now();
    const busy = this.#settle(calls).filter((call) => {
      if (mayRetry && began - call.since < BUSY_MS) return true;
      call.reject(new DyliveError("store_locked", "another process holds the database"));
      return false;
    });
    this.#calls.unshift(...busy);
    for (const call of busy) this.#waiting += call.weight;
    const ended = performance.now();
    this.#notBefore = ended + (busy.length > 0 ? LOCK_MS : groupPauseMs(calls.length));
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

  /** Settles calls. @returns the calls that are to be tried again, because another connection had the lock */
  #settle(calls: readonly WriteCall[]): readonly WriteCall[] {
    try {
      const results = this.#store(calls);
      for (const [index, call] of calls.entries()) call.resolve(results[index]);
      return [];
    } catch (error) {
      if (isBusy(error)) return calls;
      if (calls.length > 1) return calls.flatMap((call) => this.#settle([call]));
      for (const call of calls) call.reject(refusal(error));
      return [];
    }
  }

  #store(calls: readonly WriteCall[]): readonly unknown[] {
    this.#assertKept();
    this.#begin.run();
    try {
      const results = calls.map((call) => call.work());
      this.#commit.run();
      return results;
    } catch (error) {
      // The engine has rolled back by itself after some errors (disk full).
      if (this.#database.inTransaction) this.#rollback.run();
      throw error;
    }
  }
}
