import { spawnSync } from "node:child_process";
import { closeSync, constants, fstatSync, openSync, rmSync, statSync } from "node:fs";
import { DyliveError } from "./errors.js";
import { msg } from "./msg.js";

/** Flag by which a file is opened and locked in one, where there is one: `UV_FS_O_EXLOCK` in libuv's documents. Linux has the program `flock`. */
const LOCKED: Partial<Record<NodeJS.Platform, number>> = { darwin: 0x20, win32: 0x10000000 };
/** Codes of an open that is refused since another has the lock. */
const TAKEN: readonly unknown[] = ["EAGAIN", "EBUSY"];
/** Exit code of `flock` when another has the lock. */
const TAKEN_STATUS = 1;

/**
 * Lock of a file, held until it is released or the process ends, however it dies.
 *
 * It is the kernel's, on the open file. A reused pid is therefore never mistaken for the owner, two containers with one volume (where pids say
 * nothing) exclude each other too, and there is no stale lock to take over.
 */
export class FileLock {
  readonly #path: string;
  #fd: number | null;

  private constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
  }

  /**
   * Takes the lock of a file, which is made when it is missing.
   * @returns null when it is held, in this process or another
   * @throws the system's errors; DyliveError file_failed without the program that locks
   */
  static take(path: string): FileLock | null {
    for (;;) {
      const fd = openLocked(path);
      if (fd === null) return null;
      if (isAt(path, fd)) return new FileLock(path, fd);
      closeSync(fd); // removed in this very moment
    }
  }

  get isHeld(): boolean {
    return this.#fd !== null;
  }

  /** Releases the lock; later calls change nothing. */
  release(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  /** Removes the file and releases the lock. */
  remove(): void {
    if (!this.isHeld) return;
    try {
      if (process.platform === "win32") this.release(); // it removes no file that is open, and so none that another has taken since
      rmSync(this.#path, { force: true });
    } catch (error) {
      if (process.platform !== "win32") throw error;
    } finally {
      this.release();
    }
  }
}

/** Opens a file and locks it. @returns null when the lock is held */
function openLocked(path: string): number | null {
  const { O_RDWR, O_CREAT, O_NONBLOCK = 0 } = constants;
  const locked = LOCKED[process.platform];
  let fd: number;
  try {
    fd = openSync(path, O_RDWR | O_CREAT | O_NONBLOCK | (locked ?? 0), 0o600);
  } catch (error) {
    if (locked !== undefined && TAKEN.includes((error as NodeJS.ErrnoException).code)) return null;
    throw error;
  }
  if (locked !== undefined || isLocked(path, fd)) return fd;
  closeSync(fd);
  return null;
}

/**
 * Locks an open file. Node cannot; a program that is given the file does so for us, since the lock is that of the open file, which is ours: it
 * stays when that program has ended.
 */
function isLocked(path: string, fd: number): boolean {
  const { status, error, stderr } = spawnSync("flock", ["-n", "3"], { stdio: ["ignore", "ignore", "pipe", fd], encoding: "utf8" });
  if (status === 0) return true;
  if (status === TAKEN_STATUS && stderr === "") return false;
  closeSync(fd);
  if (error === undefined) throw new DyliveError("file_failed", msg`${path} cannot be locked: ${stderr.trim()}`);
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  throw new DyliveError("file_failed", msg`${path} cannot be locked: the program flock is missing (it is in util-linux)`);
}

function isAt(path: string, fd: number): boolean {
  const [found, own] = [statSync(path, { throwIfNoEntry: false }), fstatSync(fd)];
  return found?.dev === own.dev && found.ino === own.ino;
}
