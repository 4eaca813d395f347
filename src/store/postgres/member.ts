import type pg from "pg";
import { inTime, PATIENCE_MS } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import type { Lease } from "../cluster.js";
import type { RoomKey } from "../log.js";
import type { AliasKind } from "../rooms.js";
import { settingsOf } from "../sql/rooms.js";
import { rows, type SqlWork } from "../sql/work.js";
import type { PostgresConnection } from "./connection.js";
import { isAnswer, refusal } from "./refusal.js";
import { PostgresSession } from "./session.js";

/** First half of the advisory locks of members; the second is the member's id. */
const MEMBERS = 77;

/**
 * Session settings by which the server notices soon, about 11 s, that the machine of a member is gone. Renewals need not be on disk: they
 * are out of date soon.
 */
const SETTINGS = `SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3;
  SET synchronous_commit = off; SET idle_session_timeout = 0`;

/** Connection of its own by which a process proves that it lives: it holds the member's advisory lock. Made again when it was lost. */
export class MemberSession {
  readonly #connection: PostgresConnection;
  readonly #member: number;
  #client: pg.Client | null = null;
  #connects = 0;
  #closed = false;

  constructor(connection: PostgresConnection, member: number) {
    this.#connection = connection;
    this.#member = member;
  }

  /** Number of times that it was made again. */
  get losses(): number {
    return Math.max(0, this.#connects - 1);
  }

  /** Runs work that need not be of one moment. @throws DyliveError when the database is away; the session is made again by the next call */
  async ask<T>(work: () => SqlWork<T>): Promise<T> {
    try {
      return await this.#connection.guard(async () => new PostgresSession(await this.#connected()).perform(work()));
    } catch (error) {
      // What was asked may still be under way, and nobody else may be given its answer.
      if (!(error instanceof DyliveError && error.code === "stopping") && !isAnswer(error instanceof DyliveError ? error.cause : error))
        this.#drop();
      throw refusal(error);
    }
  }

  /** Gives the member's lock up. */
  async close(): Promise<void> {
    this.#closed = true;
    const client = this.#client;
    this.#client = null;
    // A connection whose other end is gone without a word never says that it has ended; the end of the store cuts it.
    if (client !== null) await inTime(client.end(), PATIENCE_MS, this.#connection.clock).catch(() => undefined);
  }

  async #connected(): Promise<pg.Client> {
    if (this.#closed) throw new DyliveError("stopping", "the process has left the cluster");
    if (this.#client !== null) return this.#client;
    const onEnd = (ended: pg.Client) => {
      if (this.#client === ended) this.#client = null;
    };
    const client = await this.#connection.connect({ name: `dylive member ${this.#member}`, onEnd }, async (made) => {
      await made.query(SETTINGS);
      await this.#lock(made);
    });
    if (this.#closed) {
      void client.end().catch(() => undefined);
      throw new DyliveError("stopping", "the process has left the cluster");
    }
    this.#client = client;
    this.#connects++;
    return client;
  }

  /**
   * Takes the lock, even from a session of ours that the server still believes in: it goes from that to this one without a moment between.
   */
  async #lock(client: pg.Client): Promise<void> {
    await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = $1 AND objid = $2::oid AND objsubid = 2
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid()`,
      [MEMBERS, this.#member],
    );
    await client.query("SELECT pg_advisory_lock($1, $2)", [MEMBERS, this.#member]);
  }

  #drop(): void {
    const client = this.#client;
    this.#client = null;
    void client?.end().catch(() => undefined);
  }
}

/** Row of `wanted` that is this process's. */
export interface MineRow {
  readonly key: string;
  readonly kind: AliasKind;
  readonly value: string;
  readonly room: RoomKey | null;
  readonly watched: boolean;
  readonly settings: string | null;
}

/** Returns the rows that a member owns. */
export function rowsOf(member: number): SqlWork<readonly MineRow[]> {
  return rows<MineRow>(
    `SELECT w.key, w.kind, w.value, w.room, w.watched, r.settings
     FROM wanted w LEFT JOIN rooms r ON r.room = w.room WHERE w.owner = $1 ORDER BY w.key`,
    member,
  );
}

/** Makes the lease that a process is told of, from a row that is its own from now on. */
export function leaseOf({ key, kind, value, room, watched, settings }: MineRow, how: Lease["how"]): Lease {
  return { key, name: { kind, value }, room, watched, settings: settings === null ? null : settingsOf(settings), how };
}
