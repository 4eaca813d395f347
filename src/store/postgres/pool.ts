import { Socket } from "node:net";
import pg from "pg";
import { type Clock, withTimeout } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { FairSemaphore } from "../../runtime/semaphore.js";
import { Silence } from "../health.js";
import { isAnswer, isLost, isReadOnly, messageOf } from "./refusal.js";
import { COLUMN_TYPES } from "./session.js";

/** Most connections of one process; more would wait for each other inside the database. */
const MAX_CONNECTIONS = 8;
/** Longest time for opening a connection, in ms. */
const CONNECT_MS = 5000;
/** Time after which a statement without an answer has lost its connection, in ms: what takes longer has a connection of its own. */
const ANSWER_MS = 30_000;
/** Longest wait for a database that is away, in ms, from the moment it was missed: a restart is over by then, and is not reported. */
const WAIT_MS = 2000;
/** Longest wait, as above, for the first connection of all, where the hosts have to be tried one after the other. */
const FIRST_WAIT_MS = 15_000;
/**
 * Time after which a database that answers nothing at all is away, in ms, though its connections stand: a statement that takes long is not
 * the only one.
 */
const SILENT_MS = 3000;
/** Shortest and longest pause between tries to reach it, in ms. */
const RETRY_MS = 100;
const MAX_RETRY_MS = 5000;

/**
 * Options of each connection, by which the server cuts statements whose answer is not awaited any more and transactions whose process
 * hangs (their locks would stop all others), and to notice within some 15 s that our machine is gone.
 */
const OPTIONS = {
  statement_timeout: ANSWER_MS - 5000,
  idle_in_transaction_session_timeout: 15_000,
  tcp_keepalives_idle: 5,
  tcp_keepalives_interval: 2,
  tcp_keepalives_count: 3,
  tcp_user_timeout: 15_000,
};

/** Outage of the database: since when it is away, ms UTC, and why. */
export interface Away {
  readonly since: number;
  readonly reason: string;
}

/** Numbers of the pool's connections, and of calls that wait for one. */
interface PoolFigures {
  readonly used: number;
  readonly idle: number;
  readonly waiting: number;
}

interface Outage extends Away {
  reason: string;
  readonly waitMs: number;
  readonly back: Promise<void>;
}

/**
 * `pg`'s pool of connections to the host of the address that takes writes. When one connection is lost all are suspect: a new pool is opened, with
 * a growing pause between tries. Meanwhile calls wait for two seconds at most, and are then refused at once.
 */
export class Pool {
  readonly #address: Address;
  readonly #clock: Clock;
  readonly #tell: (sentence: string) => void;
  readonly #closing = new AbortController();
  readonly #sockets = new Set<Socket>();
  /** One turn for each connection. A queue of `pg`'s pool would not end with the outage, nor when the pool is replaced. */
  readonly #turns = new FairSemaphore(MAX_CONNECTIONS);
  readonly #silence = new Silence();
  #calls = 0;
  #pauseMs = 0;
  #host = 0;
  #pool: pg.Pool;
  #outage: Outage | null = null;

  /** @param tell called with one sentence when the database is missed, and when it is back */
  constructor(address: Address, clock: Clock, tell: (sentence: string) => void = () => {}) {
    this.#address = address;
    this.#clock = clock;
    this.#tell = tell;
    this.#pool = this.#open();
    if (address.urls.length > 1) this.#lose(this.#pool, new Error("no host was tried yet"), FIRST_WAIT_MS);
  }

  /** Configuration that `pg` needs to connect to the host that is used now; holds the password. */
  get config(): pg.ClientConfig {
    return this.#configOf(this.#host);
  }

  /** Outage of the database; null while it is there, as far as the answers to this process tell. */
  get away(): Away | null {
    if (this.#outage !== null) return { since: this.#outage.since, reason: this.#outage.reason };
    const silentMs = this.#silence.ms(this.#clock.now());
    if (silentMs < SILENT_MS) return null;
    return { since: this.#silence.since, reason: `it has not answered for ${Math.round(silentMs / 1000)} s` };
  }

  /** Asks the database, and notes for how long nothing comes of all that it is asked: so long it has been silent. */
  readonly heard = async <T>(ask: () => Promise<T>): Promise<T> => {
    this.#silence.asked(this.#clock.now());
    try {
      return await ask();
    } finally {
      this.#silence.answered(this.#clock.now());
    }
  };

  get figures(): PoolFigures {
    const used = this.#turns.taken;
    return { used, idle: this.#pool.idleCount, waiting: this.#calls - used };
  }

  /** Runs work on a connection. @throws DyliveError store_unreachable while the database is away; what the work throws */
  async use<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    this.#calls++;
    try {
      return await this.#turns.run(() => this.#useOne(work));
    } finally {
      this.#calls--;
    }
  }

  async #useOne<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    const { pool, client } = await this.#connect();
    let broken = true;
    try {
      const result = await work(client);
      broken = false;
      this.#pauseMs = 0;
      return result;
    } catch (error) {
      broken = !(error instanceof DyliveError || isAnswer(error));
      if (isLost(error) || (isReadOnly(error) && this.#address.urls.length > 1)) this.#lose(pool, error);
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /** Runs work on a connection of its own, where nothing is cut for taking long. */
  useAlone<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    return onClient({ ...this.#configOf(this.#host, 0), query_timeout: 0 }, work);
  }

  /** Ends the connections when their work is done. */
  async close(): Promise<void> {
    this.#closing.abort();
    // A pool that is ended already says so.
    await this.#pool.end().catch(() => {});
  }

  /** Ends every connection at once. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #connect(): Promise<{ readonly pool: pg.Pool; readonly client: pg.PoolClient }> {
    for (;;) {
      if (this.#outage !== null) await this.#wait(this.#outage);
      const pool = this.#pool;
      try {
        return { pool, client: await this.heard(() => pool.connect()) };
      } catch (error) {
        if (!isLost(error) || this.#closing.signal.aborted) throw error;
        this.#lose(pool, error);
      }
    }
  }

  async #wait(outage: Outage): Promise<void> {
    const leftMs = outage.since + outage.waitMs - this.#clock.now();
    if (leftMs > 0) await withTimeout(outage.back, leftMs, this.#clock).catch(() => {});
    if (this.#outage === outage) throw new DyliveError("store_unreachable", outage.reason);
  }

  /** Notes that connections of this pool are lost; a pool that was replaced meanwhile is no news. */
  #lose(pool: pg.Pool, error: unknown, waitMs = WAIT_MS): void {
    if (pool !== this.#pool || this.#outage !== null || this.#closing.signal.aborted) return;
    void pool.end().catch(() => {});
    this.#outage = { since: this.#clock.now(), reason: messageOf(error), waitMs, back: this.#comeBack() };
  }

  /** Tries to reach a host, until one is there or the pool closes. */
  async #comeBack(): Promise<void> {
    const { signal } = this.#closing;
    const missed = this.#clock.now();
    for (let tries = 1; !signal.aborted; tries++) {
      await this.#clock.sleep(this.#pauseMs, signal).catch(() => {});
      this.#pauseMs = Math.min(Math.max(2 * this.#pauseMs, RETRY_MS), MAX_RETRY_MS);
      if (await this.#findHost()) {
        this.#pool = this.#open();
        this.#outage = null;
        if (tries > 1) this.#tell(`the database is back after ${((this.#clock.now() - missed) / 1000).toFixed(1)} s`);
        return;
      }
      if (tries === 1 && !signal.aborted) this.#tell(`the database cannot be reached and is looked for: ${this.#outage?.reason}`);
    }
  }

  /** Looks for a host that takes writes, the one that did before first; it is used from then on. @returns whether there is one */
  async #findHost(): Promise<boolean> {
    const { urls } = this.#address;
    const reasons: string[] = [];
    for (let at = 0; at < urls.length && !this.#closing.signal.aborted; at++) {
      const host = (this.#host + at) % urls.length;
      const reason = await this.#look(host);
      if (reason === null) {
        this.#host = host;
        return true;
      }
      reasons.push(reason);
    }
    if (this.#outage !== null) this.#outage.reason = reasons.join("; ");
    return false;
  }

  /** Returns why a host cannot be used; null when it can. */
  async #look(host: number): Promise<string | null> {
    const only = this.#address.urls.length === 1;
    try {
      return await onClient(this.#configOf(host), async (client) => {
        if (only) return null;
        const { rows } = await client.query<{ readonly: string }>("SELECT current_setting('transaction_read_only') AS readonly");
        return rows[0]?.readonly === "off" ? null : `${client.host}:${client.port} takes no writes`;
      });
    } catch (error) {
      // A server that answers is there; its answer is the next caller's.
      return only && isAnswer(error) ? null : messageOf(error);
    }
  }

  #open(): pg.Pool {
    const pool = new pg.Pool({ ...this.config, max: MAX_CONNECTIONS, onConnect: prepared });
    // An idle connection broke: the others are suspect too.
    pool.on("error", (error) => this.#lose(pool, error));
    return pool;
  }

  #configOf(host: number, statementMs: number = OPTIONS.statement_timeout): pg.ClientConfig {
    const set = Object.entries({ ...OPTIONS, statement_timeout: statementMs }).map(([name, value]) => `-c ${name}=${value}`);
    return {
      connectionString: this.#address.urls[host] ?? this.#address.urls[0],
      application_name: "dylive",
      types: COLUMN_TYPES,
      keepAlive: true,
      keepAliveInitialDelayMillis: 5000,
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: ANSWER_MS,
      // The operator's own come last, and win.
      options: [...set, this.#address.options].join(" ").trim(),
      stream: () => this.#socket(),
    };
  }

  #socket(): Socket {
    const socket = new Socket();
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    return socket;
  }
}

/** Runs work on a connection that is made for it. */
async function onClient<T>(config: pg.ClientConfig, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(config); // reads files of certificates, which may be just exchanged
  client.on("error", () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    void client.end().catch(() => {});
  }
}

/** Makes a new connection ready. */
async function prepared(client: pg.ClientBase): Promise<void> {
  client.on("error", () => {});
  // A statement is cut when our process ends in the midst of it. Where the server's system cannot see that, it refuses the setting.
  await client.query("SET client_connection_check_interval = 5000").catch(() => {});
}

/** Parts of a PostgreSQL URL: the same database by one host or by several, of which one takes writes at a time. */
export interface Address {
  /** Host, port and name of the database, which may be shown. */
  readonly name: string;
  /** URLs as `pg` takes them, one for each host in the order given; they hold the password. */
  readonly urls: readonly [string, ...string[]];
  /** `options=` of the URL, for the server; may be empty. */
  readonly options: string;
}
