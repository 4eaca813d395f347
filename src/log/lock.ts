import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { DyliveError } from "../errors.js";

/** The lock of a data directory, held until `release` or the end of the process. */
export interface DataDirLock {
  /** Gives the directory free; later calls change nothing. */
  release(): void;
}

/**
 * Makes this process the only server of a data directory, which is made when it does not exist.
 *
 * The lock is the kernel's, on the empty file `server.lock`; SQLite takes it for us, since Node cannot lock files. So it ends with the
 * process however that dies, a reused pid is never mistaken for the owner, two containers with one volume (where pids say nothing) exclude
 * each other too, and there is no stale lock to take over. `server.pid` beside it names the owner, for people and for the error.
 *
 * @throws DyliveError `in_use` when another server has the directory, `bad_config` when it cannot be written
 */
export function lockDataDir(dir: string): DataDirLock {
  const owner = join(dir, "server.pid");
  let database: Database.Database | undefined;
  try {
    mkdirSync(dir, { recursive: true });
    database = new Database(join(dir, "server.lock"), { timeout: 0 });
    database.exec("BEGIN EXCLUSIVE");
    writeOwner(owner);
  } catch (error) {
    database?.close();
    throw lockError(dir, owner, error);
  }
  const held = database;
  return {
    release: () => {
      if (!held.open) return;
      // First the name, then the lock: the next owner's name is not removed.
      rmSync(owner, { force: true });
      held.close();
    },
  };
}

/** Whether a server has a data directory now. */
export function isDataDirLocked(dir: string): boolean {
  const path = join(dir, "server.lock");
  if (!existsSync(path)) return false;
  const database = new Database(path, { timeout: 0 });
  try {
    database.exec("BEGIN EXCLUSIVE; ROLLBACK");
    return false;
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY")) return true;
    throw error;
  } finally {
    database.close();
  }
}

function writeOwner(path: string): void {
  // By rename, so that nobody reads half a name.
  const next = `${path}.${process.pid}`;
  writeFileSync(next, `${JSON.stringify({ pid: process.pid, since: new Date().toISOString() })}\n`);
  renameSync(next, path);
}

function lockError(dir: string, owner: string, error: unknown): DyliveError {
  if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY")) {
    const pid = pidIn(owner);
    const who = pid === null ? "another process" : `the server with pid ${pid}`;
    return new DyliveError("in_use", `${who} has the data directory ${dir}`, error);
  }
  const message = error instanceof Error ? error.message : String(error);
  return new DyliveError("bad_config", `the data directory ${dir} cannot be used (${message})`, error);
}

function pidIn(owner: string): number | null {
  try {
    const { pid } = JSON.parse(readFileSync(owner, "utf8")) as { pid?: unknown };
    return typeof pid === "number" ? pid : null;
  } catch {
    // The owner has the lock and is about to write its name.
    return null;
  }
}
