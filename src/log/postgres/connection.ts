import pg from "pg";
import type { Clock } from "../../clock.js";
import { DyliveError } from "../../errors.js";
import { isAnswer, isConflict, refusal } from "./refusal.js";
import { COLUMN_TYPES, Session } from "./session.js";

/** Connections of one process; more would wait for each other inside the database. */
const MAX_CONNECTIONS = 8;
/** How long a connection is waited for. */
const CONNECT_MS = 10_000;
/** A statement without an answer for so long has lost its connection: nothing of ours takes a tenth of it. */
const ANSWER_MS = 60_000;
/** How often a transaction is tried that lost against others. */
const MAX_TRIES = 5;

/** A piece of work on one connection. */
export type Work<T> = (session: Session) => Promise<T>;

/** The pool of connections to the database. After `close` every call rejects with `stopping`. */
export class Connection {
  readonly clock: Clock;
  /** What `pg` needs to connect; holds the password. */
  readonly config: pg.ClientConfig;
  readonly #pool: pg.Pool;
  readonly #running = new Set<Promise<unknown>>();
  readonly #onClose: (() => void)[] = [];
  #closing: Promise<void> | undefined;

  constructor(url: string, clock: Clock) {
    this.clock = clock;
    this.config = {
      connectionString: url,
      application_name: "dylive",
      types: COLUMN_TYPES,
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: ANSWER_MS,
    };
    this.#pool = new pg.Pool({ ...this.config, max: MAX_CONNECTIONS });
    // A connection broke: whoever has it is told by its statement, and the next call opens another one or tells what is wrong.
    this.#pool.on("error", () => {});
    this.#pool.on("connect", (client) => void client.on("error", () => {}));
  }

  /** One statement, or some that need not be of one moment. */
  ask<T>(work: Work<T>): Promise<T> {
    return this.guard(() => this.borrow(work));
  }

  /** Reads on one snapshot. */
  read<T>(work: Work<T>): Promise<T> {
    return this.guard(() => this.#transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", work));
  }

  /** All or nothing; on disk when it resolves. The work may run more than once: each time but the last was rolled back. */
  write<T>(work: Work<T>): Promise<T> {
    return this.guard(() => this.transact(work));
  }

  /** As {@link write}, for what is guarded already: it goes on while the store closes. */
  async transact<T>(work: Work<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#transaction("BEGIN", work);
      } catch (error) {
        if (tries >= MAX_TRIES || !isConflict(error)) throw error;
      }
    }
  }

  /** Runs what closing must wait for. Errors of the engine become ours. */
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

  async #close(): Promise<void> {
    for (const call of this.#onClose) call();
    await Promise.all(this.#running);
    await this.#pool.end();
  }

  async #transaction<T>(begin: string, work: Work<T>): Promise<T> {
    return this.borrow(async (session) => {
      await session.run(begin);
      try {
        const result = await work(session);
        await session.run("COMMIT");
        return result;
      } catch (error) {
        if (error instanceof DyliveError || isAnswer(error)) await session.run("ROLLBACK");
        throw error;
      }
    });
  }

  /** As {@link ask}, for what is guarded already. */
  async borrow<T>(work: Work<T>): Promise<T> {
    const client = await this.#pool.connect();
    let broken = true;
    try {
      const result = await work(new Session(client));
      broken = false;
      return result;
    } catch (error) {
      broken = !(error instanceof DyliveError || isAnswer(error));
      throw error;
    } finally {
      client.release(broken);
    }
  }
}
