import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type Database from "better-sqlite3";
import { syncFolderSync } from "../../runtime/durable-file.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { isUnwritable } from "../health.js";
import { openDatabase } from "./driver.js";
import { isDamage, placeFailure, refusal } from "./refusal.js";

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
    database = openDatabase(path, { readonly: true, fileMustExist: true });
    // A file is looked at by the first statement only.
    database.pragma("schema_version");
    return database;
  } catch (error) {
    database?.close();
    const failure = placeFailure(error, path, msg`the database ${path} cannot be read`);
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
    const database = openDatabase(bytes, { readonly: true });
    database.pragma("schema_version");
    return database;
  } catch {
    return null;
  }
}

/**
 * Copies a database while others read and write it. The copy is of one moment, holds no page that was freed, and takes no lock that a
 * writer waits for. It appears under its name when it is whole.
 * @param complete called with the copy before it has its name
 * @throws DyliveError bad_request when the file exists; bad_config, disk_full, store_forbidden, store_readonly when it cannot be written;
 * store_damaged
 */
export function copyDatabase(database: Database.Database, file: string, complete: (part: string) => void = () => {}): void {
  if (existsSync(file)) throw new DyliveError("bad_request", msg`${file} exists already; it is not overwritten`);
  const part = `${file}.part`;
  try {
    rmSync(part, { force: true });
    // Chats and tokens' hashes are in it from the first byte on. SQLite takes a file that is empty.
    writeFileSync(part, "", { mode: 0o600, flag: "wx" });
    database.prepare<[string]>("VACUUM INTO ?").run(part);
    complete(part);
    renameSync(part, file);
    syncFolderSync(dirname(file));
  } catch (error) {
    rmSync(part, { force: true, recursive: true });
    if (error instanceof DyliveError) throw error;
    if (isDamage(error)) throw refusal(error);
    throw placeFailure(error, part, msg`the copy ${file} cannot be made`);
  }
}

/**
 * Makes a backup of a store, even while a server writes it. The copy is a store of its own: it has another id, so that cursors of the
 * original are never taken for its own when it is put in its place.
 * @returns its size in bytes
 * @throws DyliveError as {@link copyDatabase}; store_damaged when the copy is
 */
export function backUp(path: string, file: string): number {
  const source = openToRead(path);
  let bytes = 0;
  try {
    copyDatabase(source, file, (part) => {
      bytes = becomeAnother(part, file);
    });
  } finally {
    source.close();
  }
  return bytes;
}

/** Checks that a copy is sound, and gives it an id of its own. @returns its size in bytes */
function becomeAnother(part: string, file: string): number {
  const copy = openDatabase(part);
  try {
    const sound = copy.pragma("quick_check(1)", { simple: true });
    if (sound !== "ok")
      throw new DyliveError(
        "store_damaged",
        msg`the copy ${file} would be damaged (${String(sound)}), as the original: dylive check says where`,
      );
    copy.prepare("UPDATE meta SET value = ? WHERE key = 'log_id'").run(randomBytes(9).toString("base64url"));
    return Number(copy.pragma("page_count", { simple: true })) * Number(copy.pragma("page_size", { simple: true }));
  } finally {
    copy.close();
  }
}

/**
 * Returns what SQLite finds wrong with a database file: lines in its words, at most 100; none when all is well.
 * @throws DyliveError when it cannot be looked at: store_forbidden, store_readonly, store_locked, store_failed
 */
export function integrityOf(path: string): readonly string[] {
  let database: Database.Database | undefined;
  try {
    database = openToRead(path);
    const lines = database.prepare<[], string>("PRAGMA integrity_check(100)").pluck().all();
    return lines.length === 1 && lines[0] === "ok" ? [] : lines;
  } catch (error) {
    if (isDamage(error instanceof DyliveError ? error.cause : error)) return [error instanceof Error ? error.message : String(error)];
    throw placeFailure(error, path, msg`the database ${path} cannot be checked`);
  } finally {
    database?.close();
  }
}
