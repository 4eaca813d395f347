import type pg from "pg";
import type { Clock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { addressOf } from "./address.js";
import { type Away, Pool, type PoolFigures } from "./pool.js";
import { isAnswer, isConflict, isLost, refusal } from "./refusal.js";
import { PostgresSession } from "./session.js";

/** Most tries of a transaction that lost against others. */
const MAX_TRIES = 5;
/** Longest wait when the store closes, in ms; what has not ended by then is cut. */
const CLOSE_MS = 4000;

/** Piece of work on one connection. */
export type PostgresWork<T> = (session: PostgresSession) => Promise<T>;

/** Connection to the database. After `close` every call rejects with `stopping`. */
export class PostgresConnection {
  readonly clock: Clock;
  readonly #pool: Pool;
  readonly #running = new Set<Promise<unknown>>();
  readonly #onClose: (() => void)[] = [];
  #closing: Promise<void> | undefined;

  /**
   * @param tell called with one sentence when the database is missed, and when it is back
   * @throws DyliveError bad_config when the URL is not one
   */
  constructor(url: string, clock: Clock, tell?: (sentence: string) => void) {
    this.clock = clock;
    this.#pool = new Pool(addressOf(url), clock, tell);
  }

  /** Configuration that `pg` needs for a connection beside the pool, to the host that is used now; holds the password. */
  get config(): pg.ClientConfig {
    return this.#pool.config;
  }

  /** Outage of the database; null while it is there, as far as the answers to this process tell. */
  get away(): Away | null {
    return this.#pool.away;
  }

  get figures(): PoolFigures {
    return this.#pool.figures;
  }

  /**
   * Runs one statement, or some that need not be of one moment: reads, or what may be done twice. Runs it once more when the connection is
   * lost meanwhile.
   */
  ask<T>(work: PostgresWork<T>): Promise<T> {
    return this.guard(() => this.#again(() => this.borrow(work)));
  }

  /** Reads on one snapshot; does so once more when the connection is lost meanwhile. */
  read<T>(work: PostgresWork<T>): Promise<T> {
    const begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    return this.guard(() => this.#again(() => this.borrow((session) => transaction(session, begin, work))));
  }

  /** Writes all or nothing, on disk when it resolves. The work may run more than once: each time but the last was rolled back. */
  write<T>(work: PostgresWork<T>): Promise<T> {
    return this.guard(() => this.transact(work));
  }

  /** Writes as {@link write} does, for what is guarded already: it goes on while the store closes. */
  async transact<T>(work: PostgresWork<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.borrow((session) => transaction(session, "BEGIN", work));
      } catch (error) {
        if (tries >= MAX_TRIES || !isConflict(error)) throw error;
      }
    }
  }

  /** Writes as {@link write} does, for what may take long: on a connection of its own, and once. */
  writeLong<T>(work: PostgresWork<T>): Promise<T> {
    return this.guard(() => this.#pool.useAlone((client) => transaction(new PostgresSession(client), "BEGIN", work)));
  }

  /** Runs a call that closing must wait for. Errors of the engine become ours. */
  guard<T>(call: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) return Promise.reject(new DyliveError("stopping", "the store is closed"));
    const running = call().catch((error: unknown) => {
      throw refusal(error);
    });
    const settled = running.then(
      () => {},
      () => {},
    );
    this.#running.add(settled);
    void settled.then(() => this.#running.delete(settled));
    return running;
  }

  /** Calls back when the connection is about to close. */
  onClose(call: () => void): void {
    this.#onClose.push(call);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #again<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (!isLost(error) || this.#closing !== undefined) throw error;
      return call();
    }
  }

  async #close(): Promise<void> {
    for (const call of this.#onClose) call();
    const done = new AbortController();
    void this.clock.sleep(CLOSE_MS, done.signal).then(
      () => this.#pool.cut(),
      () => {},
    );
    await Promise.all(this.#running);
    await this.#pool.close();
    done.abort();
  }

  /** Runs work as {@link ask} does, for what is guarded already. */
  borrow<T>(work: PostgresWork<T>): Promise<T> {
    return this.#pool.use((client) => work(new PostgresSession(client, this.#pool.heard)));
  }
}

async function transaction<T>(session: PostgresSession, begin: string, work: PostgresWork<T>): Promise<T> {
  await session.run(begin);
  try {
    const result = await work(session);
    await session.run("COMMIT");
    return result;
  } catch (error) {
    if (error instanceof DyliveError || isAnswer(error)) await session.run("ROLLBACK");
    throw error;
  }
}

/** Writer that keeps the order in which writes were asked for, as a single connection does. */
export class SerialWriter {
  readonly #connection: PostgresConnection;
  #last: Promise<unknown> = Promise.resolve();

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  /** Writes as `PostgresConnection.write` does, after the writes that were asked for before. */
  write<T>(work: PostgresWork<T>): Promise<T> {
    const before = this.#last;
    const written = this.#connection.guard(async () => {
      await before;
      return this.#connection.transact(work);
    });
    this.#last = written.catch(() => {});
    return written;
  }
}
