import { fdatasyncSync, openSync, readSync, realpathSync, statSync, writeSync } from "node:fs";
import Database from "better-sqlite3";
import { DyliveError } from "../../runtime/errors.js";
import type { Wiped } from "../residue.js";
import { gapsOf, PageMap } from "./page-gaps.js";
import { isBusy } from "./refusal.js";

/** Pages of one step: 2 MB, some 10 ms for which nobody else writes. */
const STEP_PAGES = 256;
/** Longest wait for the locks, in ms; it holds up this thread, and a writer that waits behind it. */
const BUSY_MS = 50;
/**
 * Longest time between two marks of progress, in ms. A process that gives pages back to the disk leaves the file alone for longer than this
 * after the last mark.
 */
const MARK_MS = 30_000;

/**
 * Overwrites what rows that are gone have left in the pages of a database file, while others read and write it.
 *
 * SQLite zeroes what is deleted where it lay (`secure_delete`), but not the copies that earlier moves of the row between pages have left in
 * what is now the free part of other pages. Only VACUUM would, and nobody could write for as long as that takes. The free part of each page
 * is therefore zeroed in place, behind SQLite's back. That is safe because
 * - it holds nothing by the page's own head: whoever reads the page meanwhile, or finds it half done after a crash, finds the same rows;
 * - the write lock is held and the write-ahead log is empty, so that nobody has another version of the page and nobody puts one back;
 * - the commit that ends a step makes all connections forget the pages that they remember, of which they would write the old bytes again.
 */
export class Wiper {
  readonly #database: Database.Database;
  readonly #path: string;
  readonly #file: number;
  readonly #pageBytes: number;
  readonly #usable: number;
  readonly #map: PageMap;
  readonly #mark: Database.Statement<[string]>;
  /** Number of pages to overwrite; pages that come later hold only what was kept when they came. */
  readonly #pages: number;
  #marked = 0;

  /** @param file descriptor of the same file, for reading and writing */
  constructor(path: string, file: number) {
    // The write-ahead log lies beside the file itself, not beside a link to it.
    this.#path = realpathSync(path);
    this.#file = file;
    this.#database = new Database(path, { timeout: BUSY_MS, fileMustExist: true });
    this.#pageBytes = this.#number("page_size");
    const reserved = Buffer.alloc(1);
    readSync(file, reserved, 0, 1, 20);
    this.#usable = this.#pageBytes - reserved.readUInt8(0);
    this.#map = new PageMap(this.#pageBytes, this.#usable);
    this.#pages = this.#number("page_count");
    // A value of its own for each step: what is the same as before would be no change.
    this.#mark = this.#database.prepare("INSERT OR REPLACE INTO meta(key, value) VALUES ('wiped', ?)");
  }

  /** Overwrites as `Residue.wipe` does; false when the locks are not to be had now. */
  step(after: number): Wiped | null | false {
    if (after >= this.#pages) {
      fdatasyncSync(this.#file);
      return null;
    }
    if (after === 0 && this.#number("auto_vacuum") === 0) return this.#rewrite();
    if (!this.#alone()) return false;
    try {
      const pages = Math.min(after + STEP_PAGES, this.#pages);
      const found = this.#wipe(after + 1, pages);
      const now = Date.now();
      // The first step always tells the others: of a step that was killed they may remember pages as they were.
      if (found || after === 0 || now - this.#marked > MARK_MS) {
        this.#mark.run(`${now} ${pages}`);
        this.#marked = now;
      }
      this.#database.exec("COMMIT");
      return { pages, of: this.#pages };
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  close(): void {
    this.#database.close();
  }

  /** Rewrites a file of an early version as a whole, once: it has no map of its pages, and has one then. */
  #rewrite(): null | false {
    try {
      this.#database.exec("PRAGMA auto_vacuum = INCREMENTAL; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
      return null;
    } catch (error) {
      if (isBusy(error)) return false;
      throw error;
    }
  }

  /** Takes the write lock on a file into which everything is written back. */
  #alone(): boolean {
    try {
      const [written] = this.#database.pragma("wal_checkpoint(TRUNCATE)") as readonly { readonly busy: number }[];
      if (written?.busy !== 0) return false;
      this.#database.exec("BEGIN IMMEDIATE");
    } catch (error) {
      if (isBusy(error)) return false;
      throw error;
    }
    // Somebody reads an older state, or has written in between: then pages of the log would come back over what was overwritten.
    if ((statSync(`${this.#path}-wal`, { throwIfNoEntry: false })?.size ?? 0) === 0) return true;
    this.#database.exec("ROLLBACK");
    return false;
  }

  /** Overwrites what is left in these pages. @returns whether anything was left */
  #wipe(first: number, last: number): boolean {
    const size = this.#pageBytes;
    const bytes = this.#read(first, last);
    let mapPage = 0;
    let map: Buffer = Buffer.alloc(0);
    let found = false;
    for (let n = first; n <= last; n++) {
      const place = this.#map.placeOf(n);
      if (place === null) continue;
      if (mapPage !== place.map) [mapPage, map] = [place.map, this.#read(place.map, place.map)];
      if (!PageMap.isTree(map.readUInt8(place.at))) continue;
      const page = bytes.subarray((n - first) * size, (n - first + 1) * size);
      const gaps = gapsOf(page, this.#usable);
      if (gaps === null) throw new DyliveError("store_damaged", `page ${n} of ${this.#path} is not what the file's map says`);
      for (const [from, to] of gaps) {
        if (isZero(page.subarray(from, to))) continue;
        found = true;
        writeSync(this.#file, Buffer.alloc(to - from), 0, to - from, (n - 1) * size + from);
      }
    }
    return found;
  }

  #read(first: number, last: number): Buffer {
    const bytes = Buffer.alloc((last - first + 1) * this.#pageBytes);
    const read = readSync(this.#file, bytes, 0, bytes.length, (first - 1) * this.#pageBytes);
    if (read < bytes.length) throw new DyliveError("store_damaged", `${this.#path} ends before its page ${last}`);
    return bytes;
  }

  #number(pragma: "page_size" | "page_count" | "auto_vacuum"): number {
    return Number(this.#database.pragma(pragma, { simple: true }));
  }
}

/**
 * Opens a descriptor for a {@link Wiper}. It is never closed: with it the system would take away all locks that this process has on the
 * file.
 */
export function openForever(path: string): number {
  return openSync(path, "r+");
}

function isZero(bytes: Buffer): boolean {
  return bytes.length === 0 || (bytes[0] === 0 && bytes.compare(bytes, 1, bytes.length, 0, bytes.length - 1) === 0);
}
