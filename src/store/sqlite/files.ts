import type { Retention } from "../retention.js";
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

/** Returns what limits need to know of a SQLite file: how much there is in it, and how it is given back. */
export function sqliteFiles(connection: SqliteConnection): Pick<Retention, "size" | "storeSize" | "giveBack" | "days" | "dropDays"> {
  const { database } = connection;
  const size = database.prepare<[number, number], number>("SELECT coalesce(sum(bytes), 0) FROM blocks WHERE block BETWEEN ? AND ?").pluck();
  const wiped = database.prepare<[], number>("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'wiped'").pluck();
  const number = (pragma: string) => Number(database.pragma(pragma, { simple: true }));
  return {
    size: (room) => connection.read(() => size.get(blockOf(posOf(room, 0)), blockOf(posOf(room, MAX_SEQ))) ?? 0),
    storeSize: () =>
      connection.read(() => {
        if (database.memory) return null;
        const pageSize = number("page_size");
        const free = number("freelist_count") * pageSize;
        return { used: number("page_count") * pageSize - free, free };
      }),
    giveBack: () =>
      connection.write(() => {
        // What an erasure left is overwritten page after page: none may move to where that has been.
        if (Math.abs(Date.now() - (wiped.get() ?? 0)) < WIPE_MS || number("freelist_count") === 0) return false;
        database.exec(`PRAGMA incremental_vacuum(${GIVE_BACK_PAGES})`);
        return number("freelist_count") > 0;
      }),
    days: () => connection.read(() => null),
    dropDays: () => connection.read(() => 0),
  };
}
