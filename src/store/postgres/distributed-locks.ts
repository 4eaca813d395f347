import { createHash } from "node:crypto";
import type pg from "pg";
import type { DistributedLocks } from "../cluster.js";
import type { SqlWork } from "../sql/work.js";
import type { PostgresConnection } from "./connection.js";
import { isAnswer } from "./refusal.js";
import { PostgresSession } from "./session.js";

/**
 * Queue of many callers' statements on one client, which run one after the other: `pg` itself will not keep a queue for much longer, and
 * its limit for an answer would include the wait for the others.
 */
class StatementQueue {
  readonly client: pg.Client;
  #last: Promise<unknown> = Promise.resolve();

  constructor(client: pg.Client) {
    this.client = client;
  }

  /** Runs a statement after those that were asked for before. */
  query(query: string | pg.QueryConfig): Promise<pg.QueryResult> {
    const answer = this.#last.then(() => this.client.query(query));
    this.#last = answer.catch(() => {});
    return answer;
  }

  /** Ends the connection at once; what waits is refused. */
  end(): Promise<void> {
    return this.client.end();
  }
}

const CHANNEL = "dylive_locks";
/** Interval at which callers that wait look again, in ms; at first they look sooner, since most names are given up within some milliseconds. */
const LOOK_MS = 250;
const FIRST_LOOK_MS = 4;
/** Longest name in a notice, since a payload holds fewer than 8000 bytes. A longer name is waited for without notices. */
const MAX_PAYLOAD = 4000;

/** SQL that says whether any process holds a lock. */
const HELD = "SELECT EXISTS (SELECT FROM held_locks WHERE lock = $1::bigint) AS held";
/** Renewals of a membership need not be on disk: they are out of date soon. */
const BEGIN = `SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3; SET idle_session_timeout = 0;
  SET synchronous_commit = off; LISTEN ${CHANNEL}`;

/** Name that this process holds, by the lock of a connection. */
interface HeldElsewhere {
  readonly client: StatementQueue;
  readonly onWanted: () => void;
}

/**
 * Distributed locks as advisory locks of one connection, on which the process says that it lives, too, and nothing else: when the process or
 * the connection is gone, so are they. Within the process no caller takes a name that it holds.
 */
export class PostgresLocks implements DistributedLocks {
  readonly #connection: PostgresConnection;
  readonly #held = new Map<string, HeldElsewhere>();
  #client: Promise<StatementQueue> | null = null;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
    connection.onClose(() => void this.#client?.then((client) => client.end()).catch(() => undefined));
  }

  async take(name: string, onWanted: () => void, signal: AbortSignal): Promise<() => Promise<void>> {
    const lock = lockOf(name);
    for (let lookMs = FIRST_LOOK_MS; ; lookMs = Math.min(2 * lookMs, LOOK_MS)) {
      signal.throwIfAborted();
      const giveUp = await this.#try(name, lock, onWanted, lookMs === FIRST_LOOK_MS);
      if (giveUp !== null) return giveUp;
      await this.#connection.clock.sleep(lookMs, signal).catch(() => undefined);
    }
  }

  tryTake(name: string, onWanted: () => void): Promise<(() => Promise<void>) | null> {
    return this.#try(name, lockOf(name), onWanted, false);
  }

  async isHeld(name: string): Promise<boolean> {
    const { rows } = await this.#ask((client) => client.query({ text: HELD, values: [lockOf(name)] }));
    return (rows[0] as { held: boolean }).held;
  }

  /** Runs work that need not be of one moment on the connection that holds the locks. @throws as `tryTake` */
  ask<T>(work: () => SqlWork<T>): Promise<T> {
    return this.#ask((client) => new PostgresSession(client).perform(work()));
  }

  async #try(name: string, lock: string, onWanted: () => void, tell: boolean): Promise<(() => Promise<void>) | null> {
    const client = await this.#ask((one) => tryLock(one, name, lock, tell));
    if (client === null) return null;
    const held: HeldElsewhere = { client, onWanted };
    this.#held.set(name, held);
    return () => this.#giveUp(name, lock, held);
  }

  async #giveUp(name: string, lock: string, held: HeldElsewhere): Promise<void> {
    if (this.#held.get(name) !== held) return;
    this.#held.delete(name);
    const { client } = held;
    try {
      await client.query({ text: "SELECT pg_advisory_unlock($1)", values: [lock] });
    } catch {
      // It may or may not be given up: without the connection it is.
      void client.end().catch(() => undefined);
    }
  }

  #ask<T>(work: (client: StatementQueue) => Promise<T>): Promise<T> {
    // Once more: a connection that was lost is often found to be so by the next who asks.
    return this.#connection.guard(() => this.#connection.again(() => this.#askOnce(work)));
  }

  async #askOnce<T>(work: (client: StatementQueue) => Promise<T>): Promise<T> {
    this.#client ??= this.#connect();
    const connecting = this.#client;
    try {
      return await work(await connecting);
    } catch (error) {
      if (isAnswer(error) && (await connecting.catch(() => null)) !== null) throw error;
      // A lock that may or may not be held is given up with its connection.
      if (this.#client === connecting) this.#client = null;
      void connecting.then((client) => client.end()).catch(() => undefined);
      throw error;
    }
  }

  async #connect(): Promise<StatementQueue> {
    const onEnd = (ended: pg.Client) => {
      // Its locks are gone with it: their holders must stop what the locks guard.
      for (const [name, { client, onWanted }] of [...this.#held]) {
        if (client.client !== ended) continue;
        this.#held.delete(name);
        onWanted();
      }
      const forget = (one: StatementQueue) => {
        if (one.client === ended) this.#client = null;
      };
      this.#client?.then(forget, () => {}); // one that was lost while it connected is forgotten by its caller
    };
    const own = { name: "dylive holds", onEnd, onNotice: (name: string) => this.#held.get(name)?.onWanted() };
    return new StatementQueue(await this.#connection.connect(own, (client) => client.query(BEGIN)));
  }
}

/**
 * Tries to take a lock.
 * @param notify whether the holder, if there is one, is notified
 * @returns the connection that has the lock; null when another has it
 */
async function tryLock(client: StatementQueue, name: string, lock: string, tell: boolean): Promise<StatementQueue | null> {
  const { rows } = await client.query({ text: "SELECT pg_try_advisory_lock($1) AS got", values: [lock] });
  if ((rows[0] as { got: boolean }).got) return client;
  if (tell && name.length <= MAX_PAYLOAD) await client.query({ text: "SELECT pg_notify($1, $2)", values: [CHANNEL, name] });
  return null;
}

/** Returns the advisory lock of a name: 64 bits, which no two names of a cluster have in common by chance. */
export function lockOf(name: string): string {
  return createHash("sha256").update(name, "utf8").digest().readBigInt64BE(0).toString();
}
