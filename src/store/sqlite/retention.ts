import type { Database } from "better-sqlite3";
import { DyliveError } from "../../runtime/errors.js";
import type { RoomKey } from "../log.js";
import { type Limits, type LimitsOf, RETAINED, type Retained, type Retention, type StoreSize } from "../retention.js";
import type { SqliteConnection } from "./connection.js";
import { MAX_SEQ, posOf } from "./pos.js";
import { blockOf } from "./search-write.js";

/** Pages that one call gives back: some 10 ms, for which the write lock is held. */
const GIVE_BACK_PAGES = 256;
/**
 * Time without a mark after which the process that overwrites the file has died, in ms, and will begin anew; it says with each step that it
 * is alive.
 */
const WIPE_MS = 300_000;

function statementsOf(database: Database) {
  return {
    limits: database.prepare<[RoomKey], Limits & { kind: string }>(
      "SELECT kind, max_age_ms AS maxAgeMs, max_bytes AS maxBytes FROM retention WHERE room = ?",
    ),
    known: database.prepare<[RoomKey], number>("SELECT 1 FROM rooms WHERE room = ?").pluck(),
    set: database.prepare<[RoomKey, Retained, number | null, number | null]>(
      "INSERT OR REPLACE INTO retention(room, kind, max_age_ms, max_bytes) VALUES (?, ?, ?, ?)",
    ),
    unset: database.prepare<[RoomKey, Retained]>("DELETE FROM retention WHERE room = ? AND kind = ?"),
    size: database.prepare<[number, number], number>("SELECT coalesce(sum(bytes), 0) FROM blocks WHERE block BETWEEN ? AND ?").pluck(),
    wiped: database.prepare<[], number>("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'wiped'").pluck(),
    horizon: database.prepare<[string], string>("SELECT value FROM meta WHERE key = ?").pluck(),
    setHorizon: database.prepare<[string, number]>(
      `INSERT INTO meta(key, value) VALUES (?, ?) ON CONFLICT(key)
       DO UPDATE SET value = max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))`,
    ),
  };
}

/** Limits in SQLite, and the size of its file. */
export class SqliteRetention implements Retention {
  readonly #connection: SqliteConnection;
  readonly #sql: ReturnType<typeof statementsOf>;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    this.#sql = statementsOf(connection.database);
  }

  limits(room: RoomKey): Promise<Partial<LimitsOf>> {
    return this.#connection.read(() => {
      const rows = new Map(this.#sql.limits.all(room).map(({ kind, maxAgeMs, maxBytes }) => [kind, { maxAgeMs, maxBytes }]));
      return Object.fromEntries(RETAINED.flatMap((kind) => (rows.has(kind) ? [[kind, rows.get(kind)]] : [])));
    });
  }

  setLimits(room: RoomKey, kind: Retained, limits: Limits | null): Promise<void> {
    return this.#connection.write(() => {
      if (this.#sql.known.get(room) === undefined) throw new DyliveError("not_found", "there is no such room");
      if (limits === null) this.#sql.unset.run(room, kind);
      else this.#sql.set.run(room, kind, limits.maxAgeMs, limits.maxBytes);
    });
  }

  size(room: RoomKey): Promise<number> {
    return this.#connection.read(() => this.#sql.size.get(blockOf(posOf(room, 0)), blockOf(posOf(room, MAX_SEQ))) ?? 0);
  }

  storeSize(): Promise<StoreSize | null> {
    return this.#connection.read(() => {
      const pageSize = this.#number("page_size");
      const free = this.#number("freelist_count") * pageSize;
      return { used: this.#number("page_count") * pageSize - free, free };
    });
  }

  async giveBack(): Promise<boolean> {
    return this.#connection.write(() => {
      // What an erasure left is overwritten page after page: none may move to where that has been.
      if (Math.abs(Date.now() - (this.#sql.wiped.get() ?? 0)) < WIPE_MS) return false;
      // A store of an early version cannot give back: its free pages are used again.
      if (this.#number("auto_vacuum") !== 2 || this.#number("freelist_count") === 0) return false;
      this.#connection.database.exec(`PRAGMA incremental_vacuum(${GIVE_BACK_PAGES})`);
      return this.#number("freelist_count") > 0;
    });
  }

  days(): Promise<readonly number[] | null> {
    return this.#connection.read(() => null);
  }

  dropDays(_before: number): Promise<number> {
    return this.#connection.read(() => 0);
  }

  horizon(room: RoomKey): Promise<number | null> {
    return this.#connection.read(() => {
      const value = this.#sql.horizon.get(`horizon:${room}`);
      return value === undefined ? null : Number(value);
    });
  }

  setHorizon(room: RoomKey, time: number): Promise<void> {
    return this.#connection.write(() => void this.#sql.setHorizon.run(`horizon:${room}`, time));
  }

  #number(pragma: string): number {
    return Number(this.#connection.database.pragma(pragma, { simple: true }));
  }
}
