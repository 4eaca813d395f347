import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type Database from "better-sqlite3";
import { type Clock, systemClock } from "../runtime/clock.js";
import { makeFolderSync } from "../runtime/durable-file.js";
import { DyliveError } from "../runtime/errors.js";
import { told } from "../runtime/told.js";
import { openDatabase } from "./sqlite/driver.js";
import { isBusy, placeFailure } from "./sqlite/refusal.js";

/** Interval at which the owner looks whether the lock's file is still the one that it holds, in ms. */
const LOOK_MS = 1000;
/** Time that an owner is given to take the new file, by a process that finds none where there must have been one, in ms. */
const OWNER_MS = 5000;

/** Lock of a data directory, held until `release` or the end of the process. */
interface DataDirLock {
  /** Releases the directory; later calls change nothing. */
  release(): void;
}

interface LockOptions {
  readonly clock?: Clock;
  /** What commands are told of how this server was started; nothing secret. */
  readonly started?: object;
  /** Called once when another server has taken the directory all the same: one of the two must stop. */
  readonly onLost?: (error: DyliveError) => void;
}

/**
 * Makes this process the only server of a data directory, which is made when it does not exist.
 *
 * The lock is a {@link FileLock} on `server.lock`; `server.pid` beside it names the owner, for people and for the error. The kernel locks
 * the file, not its name: whoever removes the file would open the door. The owner therefore looks for it every second and takes the one
 * that is there, and a process that comes to a directory that was used and has none waits for that before it takes its own.
 *
 * @throws DyliveError `in_use` when another server has the directory; `bad_config`, `store_forbidden`, `store_readonly`, `disk_full` when
 * it cannot be written
 */
export async function lockDataDir(
  dir: string,
  { clock = systemClock, started = {}, onLost = () => {} }: LockOptions = {},
): Promise<DataDirLock> {
  const owner = join(dir, "server.pid");
  const path = join(dir, "server.lock");
  let held: FileLock;
  try {
    makeFolderSync(dir);
    const missing = !existsSync(path) && [owner, join(dir, "dylive.sqlite")].some((one) => existsSync(one));
    if (missing) {
      writeFileSync(path, "", { flag: "a", mode: 0o600 }); // an owner that looks for it takes this one
      await clock.sleep(OWNER_MS);
    }
    held = FileLock.take(path);
    writeOwner(owner, started);
  } catch (error) {
    throw lockError(dir, owner, error);
  }
  const stop = clock.every(LOOK_MS, () => {
    try {
      held = held.follow();
    } catch (error) {
      if (!isBusy(error)) return; // the folder is gone, or full: the next look may find it again
      stop();
      onLost(lockError(dir, owner, error));
    }
  });
  return {
    release: () => {
      stop();
      if (!held.isHeld) return;
      // First the name, then the lock: the next owner's name is not removed.
      if (pidIn(owner) === process.pid) rmSync(owner, { force: true });
      held.release();
    },
  };
}

/** Makes the lock's file beside a store that is made: a server that finds none there waits, since it may have been removed from under another. */
export function makeLockFile(dir: string): void {
  makeFile(join(dir, "server.lock"));
}

/** Returns whether a server has a data directory now. */
export function isDataDirLocked(dir: string): boolean {
  return dataDirOwner(dir) !== null;
}

/** Server that has a data directory. */
interface DataDirOwner {
  /** What it said of how it was started; null in the moment before it has. */
  readonly started: Readonly<Record<string, unknown>> | null;
}

/** Returns the server that has a data directory now; null where none has. */
export function dataDirOwner(dir: string): DataDirOwner | null {
  if (!isLockHeld(dir)) return null;
  const { started } = read(join(dir, "server.pid"));
  return { started: typeof started === "object" && started !== null ? { ...started } : null };
}

function isLockHeld(dir: string): boolean {
  const path = join(dir, "server.lock");
  if (!existsSync(path)) return false;
  const database = openDatabase(path, { timeout: 0 });
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

function writeOwner(path: string, started: object): void {
  // By rename, so that nobody reads half a name.
  const next = `${path}.${process.pid}`;
  writeFileSync(next, `${JSON.stringify({ pid: process.pid, since: new Date().toISOString(), started })}\n`, { mode: 0o600 });
  renameSync(next, path);
}

function lockError(dir: string, owner: string, error: unknown): DyliveError {
  if (isBusy(error)) {
    const pid = pidIn(owner);
    const who = pid === null ? told`another process` : told`the server with pid ${pid}`;
    return new DyliveError("in_use", told`${who} has the data directory ${dir}`, error);
  }
  return placeFailure(error, join(dir, "server.lock"), told`the data directory ${dir} cannot be used`);
}

function pidIn(owner: string): number | null {
  const { pid } = read(owner);
  return typeof pid === "number" ? pid : null;
}

function read(owner: string): { readonly pid?: unknown; readonly started?: unknown } {
  try {
    return (JSON.parse(readFileSync(owner, "utf8")) as { pid?: unknown; started?: unknown } | null) ?? {};
  } catch {
    // The owner has the lock and is about to write its name.
    return {};
  }
}

/**
 * Lock of a file, held until it is released or the process ends, however it dies.
 *
 * It is the kernel's, on an empty file; SQLite takes it for us, since Node cannot lock files. A reused pid is therefore never mistaken for
 * the owner, two containers with one volume (where pids say nothing) exclude each other too, and there is no stale lock to take over.
 */
export class FileLock {
  readonly #path: string;
  readonly #database: Database.Database;
  /** Identity of the file, whatever its name. */
  readonly #file: string;

  private constructor(path: string, database: Database.Database, file: string) {
    this.#path = path;
    this.#database = database;
    this.#file = file;
  }

  /**
   * Takes the lock of a file, which is made when it is missing.
   * @throws SqliteError, `isBusy` when somebody has it; the system's errors
   */
  static take(path: string): FileLock {
    for (;;) {
      makeFile(path);
      const file = fileAt(path);
      const database = openDatabase(path, { timeout: 0 });
      try {
        database.exec("BEGIN EXCLUSIVE");
      } catch (error) {
        database.close();
        throw error;
      }
      if (file !== null && fileAt(path) === file) return new FileLock(path, database, file);
      database.close(); // removed in this very moment
    }
  }

  get isHeld(): boolean {
    return this.#database.open;
  }

  /** Returns the lock of the file that has the name now: the kernel locks the file, not its name. @throws as {@link take} does */
  follow(): FileLock {
    if (fileAt(this.#path) === this.#file) return this;
    const next = FileLock.take(this.#path);
    this.release();
    return next;
  }

  /** Releases the lock; later calls change nothing. */
  release(): void {
    this.#database.close();
  }

  /** Removes the file and releases the lock. */
  remove(): void {
    if (!this.isHeld) return;
    rmSync(this.#path, { force: true });
    this.release();
  }
}

/** Makes the file when it is missing, and never opens one that is there: closing it again would take this process's own lock on it away. */
function makeFile(path: string): void {
  if (!existsSync(path)) writeFileSync(path, "", { flag: "a", mode: 0o600 });
}

function fileAt(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? null : `${found.dev}:${found.ino}`;
}
