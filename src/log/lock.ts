import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { type Clock, systemClock } from "../clock.js";
import { DyliveError } from "../errors.js";
import { placeFailure } from "./sqlite/refusal.js";

/** The owner looks this often whether the lock's file is still the one that it holds. */
const LOOK_MS = 1000;
/** Who finds no file where there must have been one gives an owner this long to take the new one. */
const OWNER_MS = 5000;

/** The lock of a data directory, held until `release` or the end of the process. */
export interface DataDirLock {
  /** Gives the directory free; later calls change nothing. */
  release(): void;
}

export interface LockOptions {
  readonly clock?: Clock;
  /** Told once when another server has taken the directory all the same: one of the two must stop. */
  readonly onLost?: (error: DyliveError) => void;
}

/**
 * Makes this process the only server of a data directory, which is made when it does not exist.
 *
 * The lock is the kernel's, on the empty file `server.lock`; SQLite takes it for us, since Node cannot lock files. So it ends with the
 * process however that dies, a reused pid is never mistaken for the owner, two containers with one volume (where pids say nothing) exclude
 * each other too, and there is no stale lock to take over. `server.pid` beside it names the owner, for people and for the error.
 *
 * The kernel locks the file, not its name: whoever removes the file would open the door. So the owner looks for it every second and takes the
 * one that is there, and who comes to a directory that was used and has none waits for that before it takes its own.
 *
 * @throws DyliveError `in_use` when another server has the directory; `bad_config`, `store_forbidden`, `store_readonly`, `disk_full` when it
 * cannot be written
 */
export async function lockDataDir(dir: string, { clock = systemClock, onLost = () => {} }: LockOptions = {}): Promise<DataDirLock> {
  const owner = join(dir, "server.pid");
  const path = join(dir, "server.lock");
  let held: Held;
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const missing = !existsSync(path) && [owner, join(dir, "dylive.sqlite")].some((one) => existsSync(one));
    makeFile(path);
    if (missing) await clock.sleep(OWNER_MS);
    held = take(path);
    writeOwner(owner);
  } catch (error) {
    throw lockError(dir, owner, error);
  }
  const stop = clock.every(LOOK_MS, () => {
    try {
      held = follow(path, held);
    } catch (error) {
      if (!isBusy(error)) return; // the folder is gone, or full: the next look may find it again
      stop();
      onLost(lockError(dir, owner, error));
    }
  });
  return {
    release: () => {
      stop();
      if (!held.database.open) return;
      // First the name, then the lock: the next owner's name is not removed.
      if (pidIn(owner) === process.pid) rmSync(owner, { force: true });
      held.database.close();
    },
  };
}

interface Held {
  readonly database: Database.Database;
  /** Which file it is, whatever its name. */
  readonly file: string;
}

/** @throws SqliteError SQLITE_BUSY when somebody has it */
function take(path: string): Held {
  for (;;) {
    const file = fileAt(path);
    const database = new Database(path, { timeout: 0 });
    try {
      database.exec("BEGIN EXCLUSIVE");
    } catch (error) {
      database.close();
      throw error;
    }
    if (file !== null && fileAt(path) === file) return { database, file };
    // Removed in this very moment.
    database.close();
    makeFile(path);
  }
}

/** Takes the file that is there now, if that is another one. */
function follow(path: string, held: Held): Held {
  if (fileAt(path) === held.file) return held;
  makeFile(path);
  const next = take(path);
  held.database.close();
  return next;
}

function fileAt(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? null : `${found.dev}:${found.ino}`;
}

function makeFile(path: string): void {
  // Never opened when it is there: closing it again would take this process's own lock on it away.
  if (!existsSync(path)) writeFileSync(path, "", { flag: "a", mode: 0o600 });
}

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY");
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
    if (isBusy(error)) return true;
    throw error;
  } finally {
    database.close();
  }
}

function writeOwner(path: string): void {
  // By rename, so that nobody reads half a name.
  const next = `${path}.${process.pid}`;
  writeFileSync(next, `${JSON.stringify({ pid: process.pid, since: new Date().toISOString() })}\n`, { mode: 0o600 });
  renameSync(next, path);
}

function lockError(dir: string, owner: string, error: unknown): DyliveError {
  if (isBusy(error)) {
    const pid = pidIn(owner);
    const who = pid === null ? "another process" : `the server with pid ${pid}`;
    return new DyliveError("in_use", `${who} has the data directory ${dir}`, error);
  }
  return placeFailure(error, join(dir, "server.lock"), `the data directory ${dir} cannot be used`);
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
