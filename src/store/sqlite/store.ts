import { type Clock, systemClock } from "../../runtime/clock.js";
import { NOTHING_LEFT } from "../residue.js";
import { sqlHooks } from "../sql/hooks.js";
import { sqlErasures, sqlSecrets } from "../sql/meta.js";
import { sqlPositions } from "../sql/positions.js";
import { sqlRetention } from "../sql/retention.js";
import { sqlRooms } from "../sql/rooms.js";
import { sqlSessions } from "../sql/sessions.js";
import { sqlStatistics } from "../sql/statistics.js";
import { sqlTokens } from "../sql/tokens.js";
import type { Store } from "../store.js";
import { SqliteConnection } from "./connection.js";
import { sqliteDatabase } from "./driver.js";
import { sqliteFiles } from "./files.js";
import { SqliteLog } from "./log.js";
import { SqliteResidue } from "./residue.js";
import { SqliteSearch } from "./search.js";

export interface SqliteOptions {
  /** Path of the database file, which is made when it does not exist; its directory is not. `:memory:` is none: it ends with the process. */
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
  const database = sqliteDatabase(connection);
  return {
    log: new SqliteLog(connection),
    rooms: sqlRooms(database),
    sessions: sqlSessions(database),
    positions: sqlPositions(database),
    tokens: sqlTokens(database),
    hooks: sqlHooks(database),
    statistics: sqlStatistics(database),
    search: new SqliteSearch(connection),
    secrets: sqlSecrets(database),
    retention: sqlRetention(database, sqliteFiles(connection)),
    residue: connection.database.memory ? NOTHING_LEFT : new SqliteResidue(connection),
    erasures: sqlErasures(database),
    close: () => connection.close(),
  };
}
