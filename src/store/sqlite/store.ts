import type { Statement } from "better-sqlite3";
import { type Clock, systemClock } from "../../runtime/clock.js";
import { ERASED, type Erasures, erasureKey, type NotedErasure } from "../erasures.js";
import type { Store } from "../store.js";
import { SqliteConnection } from "./connection.js";
import { SqliteHooks } from "./hooks.js";
import { SqliteLog } from "./log.js";
import { SqlitePositions } from "./positions.js";
import { SqliteResidue } from "./residue.js";
import { SqliteRetention } from "./retention.js";
import { SqliteRooms } from "./rooms.js";
import { SqliteSearch } from "./search.js";
import { SqliteSecrets } from "./secrets.js";
import { SqliteSessions } from "./sessions.js";
import { SqliteStatistics } from "./statistics.js";
import { SqliteTokens } from "./tokens.js";

/** Erasures of the store, kept beside its id. */
class SqliteErasures implements Erasures {
  readonly #connection: SqliteConnection;
  readonly #note: Statement<[string, string]>;
  readonly #list: Statement<[string], string>;

  constructor(connection: SqliteConnection) {
    const { database } = connection;
    this.#connection = connection;
    this.#note = database.prepare("INSERT OR REPLACE INTO meta(key, value) VALUES (?, ?)");
    this.#list = database.prepare<[string], string>("SELECT value FROM meta WHERE key GLOB ?").pluck();
  }

  async note(erasure: NotedErasure): Promise<void> {
    await this.#connection.write(() => this.#note.run(erasureKey(erasure), JSON.stringify(erasure)));
  }

  async list(): Promise<readonly NotedErasure[]> {
    return this.#connection.read(() => this.#list.all(`${ERASED}*`).map((text) => JSON.parse(text) as NotedErasure));
  }
}

export interface SqliteOptions {
  /** Path of the database file, which is made when it does not exist; its directory is not. */
  readonly path: string;
  /** Clock for `createdAt` and for polling other processes' commits; the real time by default. */
  readonly clock?: Clock;
  /** Called with one sentence that says what was done to an older store before it was brought up to date. */
  readonly tell?: (sentence: string) => void;
  /** Whether a store that cannot be written is opened for reading only; false by default. */
  readonly mayOnlyRead?: boolean;
}

/**
 * Opens the store in one SQLite file, bringing an older schema up to date. Several processes may have the same file open.
 *
 * @throws DyliveError `bad_config` when the file cannot be opened, is not ours, or was written by a newer dylive
 */
export function openSqliteStore({ path, clock = systemClock, tell, mayOnlyRead }: SqliteOptions): Store {
  const connection = new SqliteConnection(path, clock, tell, mayOnlyRead);
  return {
    log: new SqliteLog(connection),
    rooms: new SqliteRooms(connection),
    sessions: new SqliteSessions(connection),
    positions: new SqlitePositions(connection),
    tokens: new SqliteTokens(connection),
    hooks: new SqliteHooks(connection),
    statistics: new SqliteStatistics(connection),
    search: new SqliteSearch(connection),
    secrets: new SqliteSecrets(connection),
    retention: new SqliteRetention(connection),
    residue: new SqliteResidue(connection),
    erasures: new SqliteErasures(connection),
    close: () => connection.close(),
  };
}
