import { readFileSync, statSync } from "node:fs";
import Database from "better-sqlite3";
import { isUnwritable } from "../unwritable.js";
import { placeFailure } from "./refusal.js";

/** Size above which a database is not taken into memory, in bytes. */
const MAX_BYTES = 1024 * 1024 * 1024;
/** Offsets in the header that say how the file is written and read, 2 being a write-ahead log and 1 none. */
const WRITE_VERSION = 18;
const READ_VERSION = 19;

/**
 * Opens a database for reading only, even on a disk or in a folder that cannot be written.
 * @throws DyliveError store_forbidden, store_readonly, store_damaged and the others of a file that cannot be opened
 */
export function openToRead(path: string): Database.Database {
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { readonly: true, fileMustExist: true });
    // A file is looked at by the first statement only.
    database.pragma("schema_version");
    return database;
  } catch (error) {
    database?.close();
    const failure = placeFailure(error, path, `the database ${path} cannot be read`);
    const copy = isUnwritable(failure) ? inMemory(path) : null;
    if (copy === null) throw failure;
    return copy;
  }
}

/**
 * Opens a copy of the file in memory: SQLite reads a database with a write-ahead log only where it can make the files beside it.
 * @returns null when it cannot be read either, is too large, or its log holds what the file does not
 */
function inMemory(path: string): Database.Database | null {
  try {
    if ((statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0 || statSync(path).size > MAX_BYTES) return null;
    const bytes = readFileSync(path);
    for (const at of [WRITE_VERSION, READ_VERSION]) if (bytes[at] === 2) bytes[at] = 1;
    const database = new Database(bytes, { readonly: true });
    database.pragma("schema_version");
    return database;
  } catch {
    return null;
  }
}
