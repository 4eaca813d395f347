import pg from "pg";
import type { Clock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { Dialect, RunWork, SqlDatabase, SqlWork } from "../sql/work.js";
import { type Address, type Away, Pool } from "./pool.js";
import { isAnswer, isConflict, isLost, refusal } from "./refusal.js";
import { lock, PostgresSession } from "./session.js";

/** Most tries of a transaction that lost against others. */
const MAX_TRIES = 5;
/** Longest wait when the store closes, in ms; what has not ended by then is cut. */
const CLOSE_MS = 4000;

/** Time after which a database that does not answer on a connection beside the pool is away, in ms: the connection is cut then. */
const ANSWER_MS = 4000;

/** SQL as PostgreSQL writes it. */
export const POSTGRES: Dialect = {
  least: "least",
  greatest: "greatest",
  position: "strpos",
  forUpdate: "FOR UPDATE",
  skipLocked: "FOR UPDATE SKIP LOCKED",
  among: (parameter, type) => `= ANY(${parameter}::${type}[])`,
  given: (types) => `SELECT * FROM unnest(${types.map((type, at) => `$${at + 1}::${type}[]`).join(", ")})`,
  // With numbers that hold more than the column does.
  capped: (one, other, most) => `least(${one}::numeric + ${other}, ${most})::bigint`,
  newest: (column, number) => `(array_agg(${column} ORDER BY ${number} DESC))[1]`,
  // A sum of diamonds has no bound.
  jsonNumber: (column, ...keys) => `(${column}::json #>> '{${keys.join(",")}}')::numeric`,
  // Chosen once: joined with them, a table that seemed empty when it was last looked at would be searched anew for each of its rows.
  some: (table, _keys, which) => `ctid = ANY(ARRAY(SELECT t.ctid FROM ${table} t ${which}))`,
  lock,
};

/** Connection beside the pool, for as long as it lasts. */
interface OwnConnection {
  /** Name that the server shows. */
  readonly name: string;
  /** Called when it has ended, perhaps more than once. */
  readonly onEnd: (client: pg.Client) => void;
  /** Called with the payload of each notice of a channel that it listens to. */
  readonly onNotice?: (payload: string) => void;
}

/** Connection to the database. After `close` every call rejects with `stopping`. */
export class PostgresConnection implements SqlDatabase {
  readonly clock: Clock;
  readonly dialect = POSTGRES;
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

  /**
   * Opens a connection beside the pool, to the host that is used now.
   * @param begin makes it ready
   * @throws what the server or the network says; then there is none
   */
  async connect({ name, onEnd, onNotice }: OwnConnection, begin: (client: pg.Client) => Promise<unknown>): Promise<pg.Client> {
    const limits = { connectionTimeoutMillis: ANSWER_MS, query_timeout: ANSWER_MS };
    const client = new pg.Client({ ...this.#pool.config, ...limits, application_name: name });
    client.on("error", () => onEnd(client));
    client.on("end", () => onEnd(client));
    client.on("notification", ({ payload }) => onNotice?.(payload ?? ""));
    try {
      await client.connect();
      await begin(client);
      return client;
    } catch (error) {
      void client.end().catch(() => undefined);
      throw error;
    }
  }

  /** Outage of the database; null while it is there, as far as the answers to this process tell. */
  get away(): Away | null {
    return this.#pool.away;
  }

  get figures(): Pool["figures"] {
    return this.#pool.figures;
  }

  /** Runs work that need not be of one moment; once more when the connection is lost meanwhile. */
  readonly ask: RunWork = (work) => this.guard(() => this.again(() => this.borrow(work)));

  /** Reads on one snapshot; does so once more when the connection is lost meanwhile. */
  readonly read: RunWork = (work) => {
    const begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    return this.guard(() => this.again(() => this.#use((session) => transaction(session, begin, work))));
  };

  /** Writes all or nothing, on disk when it resolves. The work may run more than once: each time but the last was rolled back. */
  readonly write: RunWork = (work) => this.guard(() => this.transact(work));

  /** Writes as {@link write} does, for what is guarded already: it goes on while the store closes. */
  async transact<T>(work: () => SqlWork<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#use((session) => transaction(session, "BEGIN", work));
      } catch (error) {
        if (tries >= MAX_TRIES || !isConflict(error)) throw error;
      }
    }
  }

  /** Writes as {@link write} does, for what may take long: on a connection of its own, and once. */
  writeLong<T>(work: () => SqlWork<T>): Promise<T> {
    return this.guard(() => this.#pool.useAlone((client) => transaction(new PostgresSession(client), "BEGIN", work)));
  }

  /** Returns a {@link write} that keeps the order in which its calls were made, as a single connection does. */
  readonly lane = (): RunWork => {
    let last: Promise<unknown> = Promise.resolve();
    return (work) => {
      const before = last;
      const written = this.guard(async () => {
        await before;
        return this.transact(work);
      });
      last = written.catch(() => {});
      return written;
    };
  };

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

  /** Makes a call, and once more when the connection is lost meanwhile. */
  async again<T>(call: () => Promise<T>): Promise<T> {
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
    // A connection beside the pool whose answers are lost never learns that it has ended, and would keep the process.
    this.#pool.cut();
  }

  /** Runs work as {@link ask} does, once, for what is guarded already. */
  borrow<T>(work: () => SqlWork<T>): Promise<T> {
    return this.#use((session) => session.perform(work()));
  }

  #use<T>(call: (session: PostgresSession) => Promise<T>): Promise<T> {
    return this.#pool.use((client) => call(new PostgresSession(client, this.#pool.heard)));
  }
}

const SHAPE = /^(postgres(?:ql)?:\/\/)((?:[^@/?#]*@)?)([^@/?#]+)(\/[^?#]*)?(?:\?([^#]*))?$/;
/** Values of `target_session_attrs` that are accepted. Our server must take writes, whichever of these is named. */
const WRITABLE = ["any", "read-write", "primary", "prefer-standby"];

/**
 * Takes the URL apart as libpq does: `postgres://user:password@host1:5432,host2:5432/database?sslmode=verify-full`. `sslmode` means what it
 * means to `psql`: `require` encrypts and believes any certificate, `verify-full` checks it.
 *
 * @throws DyliveError bad_config, without the URL
 */
export function addressOf(url: string): Address {
  const parts = SHAPE.exec(url);
  const [, scheme = "", user = "", hosts = "", path = "", query = ""] = parts ?? [];
  const parameters = new URLSearchParams(query);
  const attributes = parameters.get("target_session_attrs") ?? "any";
  if (!WRITABLE.includes(attributes))
    throw new DyliveError("bad_config", msg`target_session_attrs=${attributes} does not work: dylive writes to the database`);
  const options = parameters.get("options") ?? "";
  for (const name of ["target_session_attrs", "options"]) parameters.delete(name);
  if (parameters.has("sslmode") && !parameters.has("uselibpqcompat")) parameters.set("uselibpqcompat", "true");
  const rest = `${path}${parameters.size > 0 ? `?${parameters}` : ""}`;
  const [first, ...others] = hosts.split(",").map((host) => `${scheme}${user}${host}${rest}`);
  const urls: Address["urls"] = [first ?? "", ...others];
  if (parts === null || !urls.every((one) => URL.canParse(one)))
    throw new DyliveError("bad_config", "the address of the database is not of the form postgres://user:password@host:port/database");
  return { name: `${hosts}${path}`, urls, options };
}

async function transaction<T>(session: PostgresSession, begin: string, work: () => SqlWork<T>): Promise<T> {
  await session.run(begin);
  try {
    const result = await session.perform(work());
    await session.run("COMMIT");
    return result;
  } catch (error) {
    if (error instanceof DyliveError || isAnswer(error)) await session.run("ROLLBACK");
    throw error;
  }
}

/** Pause before a lost connection is opened again, in ms, which doubles each time; and the longest. */
const RETRY_MS = 100;
const MAX_RETRY_MS = 5000;
/** Interval at which all processes look, in ms, should a notice have been lost: it costs a delay then, and no more. */
const POLL_MS = 1000;

/** Called with the payload of a notice; with null when one may have been missed. A look that takes long holds up the next one. */
type OnNotice = (payload: string | null) => unknown;

/**
 * Watches a channel until the signal aborts: on a connection of its own, opened again when it breaks, and by looking now and then. It keeps the
 * process alive.
 */
export function watchChannel(connection: PostgresConnection, channel: string, onNotice: OnNotice, signal: AbortSignal): void {
  const { clock } = connection;
  const poll = async () => {
    while (!signal.aborted) {
      await onNotice(null);
      await clock.sleep(POLL_MS, signal).catch(() => undefined);
    }
  };
  const listen = async () => {
    for (let pauseMs = RETRY_MS; !signal.aborted; pauseMs = Math.min(2 * pauseMs, MAX_RETRY_MS)) {
      if (await listenOnce(connection, channel, onNotice, signal)) pauseMs = RETRY_MS;
      await clock.sleep(pauseMs, signal).catch(() => undefined);
    }
  };
  void poll();
  void listen();
}

/** Listens until the connection ends. @returns whether there was one */
async function listenOnce(connection: PostgresConnection, channel: string, onNotice: OnNotice, signal: AbortSignal): Promise<boolean> {
  let onEnd = () => {};
  const ended = new Promise<void>((resolve) => {
    onEnd = resolve;
  });
  try {
    const client = await connection.connect({ name: "dylive", onEnd, onNotice }, (made) => made.query(`LISTEN ${channel}`));
    signal.addEventListener("abort", onEnd, { once: true });
    // Notices before the connection stood were missed.
    void onNotice(null);
    if (!signal.aborted) await ended;
    signal.removeEventListener("abort", onEnd);
    void client.end().catch(() => undefined);
    return true;
  } catch {
    // Gone or closing: it is tried again. Reads and appends say what is wrong.
    return false;
  }
}
