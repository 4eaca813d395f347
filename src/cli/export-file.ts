import { existsSync } from "node:fs";
import { type FileHandle, open, readFile, rm } from "node:fs/promises";
import { publish, writeWhole } from "../runtime/durable-file.js";
import { DyliveError } from "../runtime/errors.js";
import { fileFailure } from "../runtime/file-failure.js";
import { FileLock } from "../store/lock.js";
import { isBusy } from "../store/sqlite/refusal.js";

/** Point that a file which is not whole yet has reached: so many bytes of it hold what was exported up to a seq. */
interface ReachedPoint {
  /** Names what is exported and how: a file is continued only with the same. */
  readonly of: string;
  readonly bytes: number;
  readonly scanned: number;
}

const KEEP_BYTES = 8 * 1024 * 1024;

/**
 * File of an export. It has another name (`FILE.part`) until it is whole, and beside it stands where to go on (`FILE.part.json`). One
 * process at a time writes it, which has the lock of `FILE.part.lock`.
 */
export class ExportFile {
  /** The seq up to which an earlier run came; 0 when the file starts over. */
  readonly continued: number;
  readonly #path: string;
  readonly #of: string;
  readonly #file: FileHandle;
  readonly #lock: FileLock;
  readonly #keepBytes: number;
  #bytes: number;
  #kept: number;

  private constructor(path: string, file: FileHandle, lock: FileLock, { of, bytes, scanned }: ReachedPoint, keepBytes: number) {
    this.#keepBytes = keepBytes;
    this.#lock = lock;
    this.#path = path;
    this.#file = file;
    this.#of = of;
    this.#bytes = bytes;
    this.#kept = bytes;
    this.continued = scanned;
  }

  /**
   * Opens the file, where an earlier run of the same export left off.
   * @param of names what is exported and how; null: it cannot be continued
   * @param keepBytes bytes between places that are kept: what was written after the last one is written again
   * @throws DyliveError bad_request when a whole file of that name exists, file_failed when none can be made; in_use while another export writes it
   */
  static async open(path: string, of: string | null, keepBytes = KEEP_BYTES): Promise<ExportFile> {
    if (existsSync(path)) throw exists(path);
    const lock = lockOf(path);
    try {
      if (existsSync(path)) throw exists(path); // whoever had the lock has just finished it
      const place = of === null ? null : await placeIn(path, of);
      const file = await open(partOf(path), place === null ? "w" : "r+", 0o600);
      await file.truncate(place?.bytes ?? 0).catch((error: unknown) => file.close().then(() => Promise.reject(error)));
      return new ExportFile(path, file, lock, place ?? { of: of ?? "", bytes: 0, scanned: 0 }, keepBytes);
    } catch (error) {
      lock.remove();
      throw error instanceof DyliveError ? error : unwritable(path, error);
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Writes a piece, which goes with everything up to a seq. @throws DyliveError file_failed when it cannot be written (the disk is full) */
  async write(piece: Uint8Array, scanned: number): Promise<void> {
    try {
      for (let done = 0; done < piece.length; ) {
        const { bytesWritten } = await this.#file.write(piece, done, piece.length - done, this.#bytes + done);
        done += bytesWritten;
      }
      this.#bytes += piece.length;
      if (this.#bytes - this.#kept >= this.#keepBytes) await this.keep(scanned);
    } catch (error) {
      throw unwritable(this.#path, error);
    }
  }

  /** Keeps where to go on: first what was written, then the place. */
  async keep(scanned: number): Promise<void> {
    if (this.#of === "") return;
    await this.#file.sync();
    const place: ReachedPoint = { of: this.#of, bytes: this.#bytes, scanned };
    await writeWhole(placeOf(this.#path), JSON.stringify(place));
    this.#kept = this.#bytes;
  }

  /** Gives the file, which is whole, its name. @throws DyliveError bad_request when something else has the name by now */
  async finish(): Promise<void> {
    await publish(this.#file, partOf(this.#path), this.#path, { replace: false }).catch((error: NodeJS.ErrnoException) => {
      throw error.code === "EEXIST" ? exists(this.#path) : unwritable(this.#path, error);
    });
    await rm(placeOf(this.#path), { force: true });
    this.#lock.remove();
  }

  /** Leaves the file as it is, to be continued. */
  async leave(): Promise<void> {
    await this.#file.close();
    this.#lock.remove();
  }
}

/** @throws DyliveError in_use while another process has it */
function lockOf(path: string): FileLock {
  try {
    return FileLock.take(`${partOf(path)}.lock`);
  } catch (error) {
    if (isBusy(error)) throw new DyliveError("in_use", `another export writes ${path}: wait for it, or name another file`, error);
    throw unwritable(path, error);
  }
}

function exists(path: string): DyliveError {
  return new DyliveError("bad_request", `${path} exists: name another file, or remove it`);
}

function unwritable(path: string, error: unknown): unknown {
  return fileFailure(error, `${path} cannot be written`);
}

function partOf(path: string): string {
  return `${path}.part`;
}

function placeOf(path: string): string {
  return `${partOf(path)}.json`;
}

/**
 * Returns where an earlier run of the same export left off; null when there is none, or its file is shorter than it says (a crash of the
 * machine).
 */
async function placeIn(path: string, of: string): Promise<ReachedPoint | null> {
  try {
    const place = JSON.parse(await readFile(placeOf(path), "utf8")) as ReachedPoint;
    const file = await open(partOf(path), "r");
    try {
      return place.of === of && (await file.stat()).size >= place.bytes ? place : null;
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}
