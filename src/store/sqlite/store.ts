import { type Clock, systemClock } from "../../runtime/clock.js";
import { sqlDerived } from "../sql/derived.js";
import { sqlRepositories } from "../sql/repositories.js";
import { type StoredSizes, sqlRetention } from "../sql/retention.js";
import { sqlSearch } from "../sql/search.js";
import type { Store } from "../store.js";
import { SqliteConnection, sqliteDatabase } from "./connection.js";
import { EVENTS, SEARCH } from "./events.js";
import { sqliteLog } from "./log.js";

/** Pages that one call gives back: some 10 ms, for which the write lock is held. */
const GIVE_BACK_PAGES = 256;
/** Returns what limits need to know of a SQLite file: how much there is in it, and how it is given back. */
function sqliteFiles(connection: SqliteConnection): StoredSizes {
  const { database } = connection;
  const size = database.prepare<[number], number>("SELECT bytes FROM heads WHERE room = ?").pluck();
  const number = (pragma: string) => Number(database.pragma(pragma, { simple: true }));
  return {
    size: (room) => connection.read(() => size.get(room) ?? 0),
    storeSize: () =>
      connection.read(() => {
        if (database.memory) return null;
        const pageSize = number("page_size");
        const free = number("freelist_count") * pageSize;
        return { used: number("page_count") * pageSize - free, free };
      }),
    giveBack: () =>
      connection.write(() => {
        if (number("freelist_count") === 0) return false;
        database.exec(`PRAGMA incremental_vacuum(${GIVE_BACK_PAGES})`);
        return number("freelist_count") > 0;
      }),
    days: () => connection.read(() => null),
    dropDays: () => connection.read(() => 0),
  };
}

interface SqliteOptions {
  /** Path of the database file, which is made when it does not exist; its directory is not. `:memory:` is none: it ends with the process. */
  readonly path: string;
  /** Clock for `createdAt`; the real time by default. */
  readonly clock?: Clock;
  /** Called with one sentence that says that the store can only be read, or is lost. */
  readonly tell?: (sentence: string) => void;
  /** Whether a store that cannot be written is opened for reading only; false by default, "always" opens one that can be so, too. */
  readonly mayOnlyRead?: boolean | "always";
}

/**
 * Opens the store in one SQLite file. One process writes it, others may read it meanwhile.
 *
 * @throws DyliveError `bad_config` when the file cannot be opened or is not ours; `store_newer` when a newer dylive wrote it
 */
export function openSqliteStore({ path, clock = systemClock, tell, mayOnlyRead }: SqliteOptions): Store {
  const connection = new SqliteConnection(path, clock, tell, mayOnlyRead);
  const database = sqliteDatabase(connection);
  return {
    ...sqlRepositories(database),
    log: sqliteLog(connection, database),
    search: sqlSearch(database, SEARCH),
    derived: sqlDerived(database, EVENTS, SEARCH),
    retention: sqlRetention(database, sqliteFiles(connection)),
    close: () => connection.close(),
  };
}
