import { existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import Database from "better-sqlite3";

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
   * @throws SqliteError, {@link isLocked} when somebody has it; the system's errors
   */
  static take(path: string): FileLock {
    for (;;) {
      makeFile(path);
      const file = fileAt(path);
      const database = new Database(path, { timeout: 0 });
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

/** Returns whether the lock of a file is held by anybody now. */
export function isFileLocked(path: string): boolean {
  if (!existsSync(path)) return false;
  const database = new Database(path, { timeout: 0 });
  try {
    database.exec("BEGIN EXCLUSIVE; ROLLBACK");
    return false;
  } catch (error) {
    if (isLocked(error)) return true;
    throw error;
  } finally {
    database.close();
  }
}

/** Returns whether an error says that somebody has the lock. */
export function isLocked(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY");
}

/** Makes the file when it is missing, and never opens one that is there: closing it again would take this process's own lock on it away. */
function makeFile(path: string): void {
  if (!existsSync(path)) writeFileSync(path, "", { flag: "a", mode: 0o600 });
}

function fileAt(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? null : `${found.dev}:${found.ino}`;
}
