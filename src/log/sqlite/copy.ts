import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, renameSync, rmSync } from "node:fs";
import Database from "better-sqlite3";
import { DyliveError } from "../../errors.js";

/**
 * Copies a database while others read and write it: the copy is of one moment, holds no page that was freed, and takes no lock that a writer
 * waits for. It appears under its name when it is whole.
 * @throws DyliveError bad_request when the file exists, bad_config when it cannot be written (no room, no permission)
 */
export function copyDatabase(database: Database.Database, file: string): void {
  if (existsSync(file)) throw new DyliveError("bad_request", `${file} exists already; it is not overwritten`);
  const part = `${file}.part`;
  try {
    rmSync(part, { force: true });
    database.prepare<[string]>("VACUUM INTO ?").run(part);
    // Chats and tokens' hashes are in it.
    chmodSync(part, 0o600);
    renameSync(part, file);
  } catch (error) {
    rmSync(part, { force: true, recursive: true });
    throw new DyliveError("bad_config", `the copy ${file} cannot be made (${error instanceof Error ? error.message : error})`, error);
  }
}

/**
 * Makes a backup of a store, also while a server writes it. The copy is a store of its own: it has another id, so that cursors of the original
 * are never taken for its own when it is put in its place.
 * @returns its size in bytes
 * @throws DyliveError as {@link copyDatabase}; internal when the copy is damaged
 */
export function backUp(path: string, file: string): number {
  const source = new Database(path, { readonly: true, fileMustExist: true });
  try {
    copyDatabase(source, file);
  } finally {
    source.close();
  }
  const copy = new Database(file);
  try {
    const sound = copy.pragma("quick_check(1)", { simple: true });
    if (sound !== "ok")
      throw new DyliveError("internal", `the copy ${file} is damaged (${String(sound)}): so is the original; run dylive check`);
    copy.prepare("UPDATE meta SET value = ? WHERE key = 'log_id'").run(randomBytes(9).toString("base64url"));
    return Number(copy.pragma("page_count", { simple: true })) * Number(copy.pragma("page_size", { simple: true }));
  } finally {
    copy.close();
  }
}

/** What SQLite finds wrong with a database file: lines in its words, at most 100; none when all is well. */
export function integrityOf(path: string): readonly string[] {
  const database = new Database(path, { readonly: true, fileMustExist: true });
  try {
    const lines = database.prepare<[], string>("PRAGMA integrity_check(100)").pluck().all();
    return lines.length === 1 && lines[0] === "ok" ? [] : lines;
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  } finally {
    database.close();
  }
}
