import { Socket } from "node:net";
import pg from "pg";
import type { Clock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { told } from "../../runtime/told.js";
import { Silence } from "../health.js";
import { isAnswer, isLost, isReadOnly, messageOf } from "./refusal.js";
import { COLUMN_TYPES } from "./session.js";

/** Most connections of one process; more would wait for each other inside the database. */
const MAX_CONNECTIONS = 8;
/** Most calls that wait for a connection; there are more only when the database hangs. */
const MAX_WAITING = 5000;
/** Longest time for opening a connection, in ms. */
const CONNECT_MS = 5000;
/** Time after which a statement without an answer has lost its connection, in ms: nothing of ours takes a tenth of it. */
const ANSWER_MS = 60_000;
/** Longest wait for a database that is away, in ms, from the moment it was missed: a restart is over by then, and nobody is told of it. */
const WAIT_MS = 2000;
/** Longest wait, as above, for the first connection of all, where the hosts have to be tried one after the other. */
const FIRST_WAIT_MS = 15_000;
/**
 * Time after which a database that answers nothing at all is away, in ms, though its connections stand: a statement that takes long is not
 * the only one.
 */
const SILENT_MS = 3000;
/** Interval at which statements are looked at that wait for their answers, in ms, and how long one has waited then. */
const LOOK_MS = 1000;
const SUSPECT_MS = 5000;
/** Longest time for asking another connection about them, in ms. */
const ASK_MS = 4000;
/** Shortest and longest pause between tries to reach it, in ms. */
const RETRY_MS = 100;
const MAX_RETRY_MS = 5000;

/**
 * Options of each connection, by which the server is told to cut statements that nobody waits for any more and transactions whose process
 * hangs (their locks would stop everybody), and to notice within some 15 s that our machine is gone.
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
 * Pool of connections to the host of the address that takes writes. When one is lost, all others are suspect: new ones are made, with a
 * growing pause between tries. Meanwhile calls wait for two seconds at most, and are then refused at once.
 */
export class Pool {
  readonly #address: Address;
  readonly #clock: Clock;
  readonly #tell: (sentence: string) => void;
  readonly #closing = new AbortController();
  readonly #sockets = new Set<Socket>();
  readonly #old = new Set<Promise<void>>();
  readonly #turns: (() => void)[] = [];
  #host = 0;
  #pool: pg.Pool;
  #used = 0;
  #pauseMs = 0;
  #outage: Outage | null = null;
  readonly #silence = new Silence();
  /** Statements that wait for an answer: the connection of each, since when, and whether the server knew nothing of it when it was looked at. */
  readonly #asked = new Map<pg.ClientBase, { readonly since: number; isUnknown: boolean }>();
  readonly #stopLooking: () => void;
  #isLooking = false;

  /** @param tell called with one sentence when the database is missed, and when it is back */
  constructor(address: Address, clock: Clock, tell: (sentence: string) => void = () => {}) {
    this.#address = address;
    this.#clock = clock;
    this.#tell = tell;
    this.#pool = this.#open();
    this.#stopLooking = clock.every(LOOK_MS, () => void this.#lookAtAsked());
    if (address.urls.length > 1) this.#lose(this.#pool, new Error("no host was tried yet"), FIRST_WAIT_MS);
  }

  /** Configuration that `pg` needs to connect to the host that is used now; holds the password. */
  get config(): pg.ClientConfig {
    return this.#configOf(this.#host, OPTIONS);
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

  /** Returns what asks the database on a connection, as {@link heard} does; a connection whose answers are lost is ended. */
  heardOn(client: pg.ClientBase): <T>(ask: () => Promise<T>) => Promise<T> {
    return async (ask) => {
      this.#asked.set(client, { since: this.#clock.now(), isUnknown: false });
      try {
        return await this.heard(ask);
      } finally {
        this.#asked.delete(client);
      }
    };
  }

  get figures(): PoolFigures {
    return { used: this.#used, idle: this.#pool.idleCount, waiting: this.#turns.length };
  }

  /** Runs work on a connection. @throws DyliveError store_unreachable while the database is away, internal when too many wait; what the work throws */
  async use<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    await this.#enter();
    try {
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
    } finally {
      this.#leave();
    }
  }

  /** Runs work on a connection of its own, where nothing is cut for taking long. */
  async useAlone<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    const client = new pg.Client({ ...this.#configOf(this.#host, { ...OPTIONS, statement_timeout: 0 }), query_timeout: 0 });
    client.on("error", () => {});
    try {
      await client.connect();
      return await work(client);
    } finally {
      void client.end().catch(() => {});
    }
  }

  /** Ends the connections when their work is done. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#stopLooking();
    this.#retire(this.#pool);
    await Promise.all(this.#old);
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
    if (leftMs > 0) {
      const stop = new AbortController();
      await Promise.race([outage.back, this.#clock.sleep(leftMs, stop.signal).catch(() => {})]);
      stop.abort();
    }
    if (this.#outage === outage) throw new DyliveError("store_unreachable", outage.reason);
  }

  /** Notes that connections of this pool are lost; a pool that was replaced meanwhile is no news. */
  #lose(pool: pg.Pool, error: unknown, waitMs = WAIT_MS): void {
    if (pool !== this.#pool || this.#outage !== null || this.#closing.signal.aborted) return;
    this.#retire(pool);
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

  /**
   * Ends connections that stand and whose statement, or its answer, was lost, as behind a router that has forgotten them: another connection is
   * told that the server does nothing for them. One look may be too early for an answer that is on its way, the next is not.
   */
  async #lookAtAsked(): Promise<void> {
    const suspects = [...this.#asked].filter(([, { since }]) => this.#clock.now() - since >= SUSPECT_MS);
    if (suspects.length === 0 || this.#isLooking || this.#outage !== null) return;
    this.#isLooking = true;
    try {
      const busy = await this.#busy();
      for (const [client, asked] of suspects) {
        const pid = backends.get(client);
        if (this.#asked.get(client) !== asked || pid === undefined || busy.has(pid)) continue;
        if (asked.isUnknown) end(client);
        asked.isUnknown = true;
      }
    } catch {
      // It cannot be reached: what waits goes on waiting.
    } finally {
      this.#isLooking = false;
    }
  }

  /** Returns the server's processes that are doing something. @throws what the network or the server says */
  async #busy(): Promise<ReadonlySet<number>> {
    const client = new pg.Client({ ...this.config, connectionTimeoutMillis: ASK_MS, query_timeout: ASK_MS });
    client.on("error", () => {});
    try {
      await client.connect();
      const { rows } = await client.query<{ pid: number }>("SELECT pid FROM pg_stat_activity WHERE state = 'active'");
      return new Set(rows.map(({ pid }) => pid));
    } finally {
      void client.end().catch(() => {});
    }
  }

  /** Returns why a host cannot be used; null when it can. */
  async #look(host: number): Promise<string | null> {
    const only = this.#address.urls.length === 1;
    let client: pg.Client | null = null;
    try {
      client = new pg.Client(this.#configOf(host, OPTIONS)); // reads files of certificates, which may be just exchanged
      client.on("error", () => {});
      await client.connect();
      if (only) return null;
      const { rows } = await client.query<{ readonly: string }>("SELECT current_setting('transaction_read_only') AS readonly");
      return rows[0]?.readonly === "off" ? null : `${client.host}:${client.port} takes no writes`;
    } catch (error) {
      // A server that answers is there; what it has to say is said to whoever asks next.
      return only && isAnswer(error) ? null : messageOf(error);
    } finally {
      void client?.end().catch(() => {});
    }
  }

  #open(): pg.Pool {
    const pool = new pg.Pool({ ...this.config, max: MAX_CONNECTIONS, onConnect: prepared });
    // A connection broke: whoever has it is told by its statement; one that nobody has says that the others are suspect too.
    pool.on("error", (error) => this.#lose(pool, error));
    return pool;
  }

  #retire(pool: pg.Pool): void {
    // A pool that is ended already says so.
    const ended = pool.end().then(
      () => void this.#old.delete(ended),
      () => {},
    );
    this.#old.add(ended);
  }

  #configOf(host: number, options: Readonly<Record<string, number>>): pg.ClientConfig {
    const set = Object.entries(options).map(([name, value]) => `-c ${name}=${value}`);
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

  async #enter(): Promise<void> {
    if (this.#used < MAX_CONNECTIONS) {
      this.#used++;
      return;
    }
    if (this.#turns.length >= MAX_WAITING) throw new DyliveError("internal", told`${MAX_WAITING} calls wait for the database already`);
    await new Promise<void>((resolve) => this.#turns.push(resolve));
  }

  /** Gives the turn to the caller that has waited longest. */
  #leave(): void {
    const next = this.#turns.shift();
    if (next === undefined) this.#used--;
    else next();
  }
}

/** Makes a new connection ready. Only then is anybody given it, since a client takes one statement at a time. */
async function prepared(client: pg.ClientBase): Promise<void> {
  client.on("error", () => {});
  // A statement is cut when our process ends in the midst of it. Where the server's system cannot see that, it refuses the setting.
  await client.query("SET client_connection_check_interval = 5000").catch(() => {});
  const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  if (rows[0] !== undefined) backends.set(client, rows[0].pid);
}

/** The server's process of each connection: what a connection is told of it when it begins may be a pooler's between us. */
const backends = new WeakMap<pg.ClientBase, number>();

/** Ends a connection at once: what waits on it is told. */
function end(client: pg.ClientBase): void {
  const { connection } = client as unknown as { readonly connection: { readonly stream: Socket } }; // which its types leave out
  connection.stream.destroy();
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
