import { randomBytes } from "node:crypto";
import { fdatasyncSync, openSync, readSync, realpathSync, statSync, writeSync } from "node:fs";
import type Database from "better-sqlite3";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { row, run, type SqlDatabase } from "../sql/work.js";
import type { Residue, Wiped } from "../store.js";
import type { SqliteConnection } from "./connection.js";
import { openDatabase } from "./driver.js";
import { isBusy } from "./refusal.js";

/** Longest time for which another program's long read may keep the file from being overwritten, and the pause between tries, in ms. */
const PATIENCE_MS = 60_000;
const RETRY_MS = 50;
/**
 * Shortest pause between steps, in ms, in which others write: SQLite's locks have no queue, and a caller that waits for one looks again
 * after up to so long.
 */
const PAUSE_MS = 25;

const SETTLED = "settled";
const NOTED = "SELECT value FROM meta WHERE key = 'erasing'";

/** Returns the remains of erased text in the pages of a SQLite file. */
export function sqliteResidue(connection: SqliteConnection, { ask, write }: SqlDatabase): Residue & { isOverwriting(): boolean } {
  const { clock, database } = connection;
  let file: number | null = null;
  let wiper: Wiper | null = null;
  let heldMs = 0;
  const done = (): void => {
    wiper?.close();
    wiper = null;
  };
  const step = (after: number): Wiped | null | false => {
    file ??= openForever(database.name);
    if (after === 0) done();
    wiper ??= new Wiper(database.name, file);
    const began = performance.now();
    const wiped = wiper.step(after);
    heldMs = performance.now() - began;
    return wiped;
  };
  connection.onClose(done);
  return {
    isOverwriting: () => wiper !== null,
    begin: () => {
      const note = randomBytes(9).toString("base64url");
      return write(function* () {
        yield* run("INSERT OR REPLACE INTO meta(key, value) VALUES ('erasing', $1)", note);
        return note;
      });
    },
    settle: (note) =>
      write(function* () {
        yield* run("UPDATE meta SET value = $2 WHERE key = 'erasing' AND value = $1", note, `${note} ${SETTLED}`);
      }),
    end: (note) =>
      write(function* () {
        yield* run("DELETE FROM meta WHERE key = 'erasing' AND value IN ($1, $2)", note, `${note} ${SETTLED}`);
        yield* run(`DELETE FROM meta WHERE key = 'wiped' AND NOT EXISTS (${NOTED})`);
      }),
    open: () =>
      ask(function* () {
        const noted = yield* row<{ value: string }>(NOTED);
        if (noted === undefined) return null;
        const [note = "", word] = noted.value.split(" ");
        return { note, settled: word === SETTLED };
      }),
    wipe: async (after) => {
      // At least as long as the lock was held, so that half of the time is theirs.
      if (after > 0) await clock.sleep(Math.max(PAUSE_MS, heldMs), new AbortController().signal);
      const until = performance.now() + PATIENCE_MS;
      for (;;) {
        const wiped = await connection.read(() => step(after));
        if (wiped === null) done();
        if (wiped !== false) return wiped;
        if (performance.now() > until)
          throw new DyliveError(
            "in_use",
            "a program reads an old state of the store for a long time (a backup?), or it is written without a pause",
          );
        await clock.sleep(RETRY_MS, new AbortController().signal);
      }
    },
  };
}

/** Pages of one step: 2 MB, some 10 ms for which no other connection writes. */
const STEP_PAGES = 256;
/** Longest wait for the locks, in ms; it holds up this thread, and a writer that waits behind it. */
const BUSY_MS = 50;
/**
 * Overwrites what rows that are gone have left in the pages of a database file, while others read and write it.
 *
 * SQLite zeroes what is deleted where it lay (`secure_delete`), but not the copies that earlier moves of the row between pages have left in
 * what is now the free part of other pages. Only VACUUM would, and it keeps every writer out for as long as that takes. The free part of each page
 * is therefore zeroed in place, behind SQLite's back. That is safe because
 * - it holds nothing by the page's own head: a reader of the page meanwhile, or after a crash half done, finds the same rows;
 * - the write lock is held and the write-ahead log is empty, so that no reader has another version of the page and none puts one back;
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

  /** @param file descriptor of the same file, for reading and writing */
  constructor(path: string, file: number) {
    // The write-ahead log lies beside the file itself, not beside a link to it.
    this.#path = realpathSync(path);
    this.#file = file;
    this.#database = openDatabase(path, { timeout: BUSY_MS, fileMustExist: true });
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
    if (!this.#alone()) return false;
    try {
      const pages = Math.min(after + STEP_PAGES, this.#pages);
      const found = this.#wipe(after + 1, pages);
      // The first step always tells the others: of a step that was killed they may remember pages as they were.
      if (found || after === 0) this.#mark.run(`${Date.now()} ${pages}`);
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
    // Another connection reads an older state, or has written in between: then pages of the log would come back over what was overwritten.
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
      if (gaps === null) throw new DyliveError("store_damaged", msg`page ${n} of ${this.#path} is not what the file's map says`);
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
    if (read < bytes.length) throw new DyliveError("store_damaged", msg`${this.#path} ends before its page ${last}`);
    return bytes;
  }

  #number(pragma: "page_size" | "page_count"): number {
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

// Pages as https://www.sqlite.org/fileformat2.html has them (sections 1.6 and 1.8). Numbers are big-endian.

/** Bytes of a page that hold nothing, the second end not included. */
type Gap = readonly [from: number, to: number];

/** Bytes of the head of a tree's page, by its first byte: of an index or a table, inner or leaf. Inner ones have a longer head. */
const HEAD_BYTES: Readonly<Record<number, number>> = { 2: 12, 5: 12, 10: 8, 13: 8 };
/** Offsets in a head of the first free block, the number of cells and where their content begins. */
const FREE_BLOCK = 1;
const CELLS = 3;
const CONTENT = 5;
/** Bytes at the beginning of a free block, which say where the next one is and how long it is. */
const BLOCK_HEAD = 4;

/**
 * Returns the parts of a tree's page that hold nothing by its own head: what lies between the list of cells and their content, and the free
 * blocks. Fragments of up to three bytes are not listed. What lies there is what cells that were moved or removed have left.
 *
 * @param page the whole page; not the first of the file, whose head lies elsewhere
 * @param usable its bytes without those that are reserved at its end
 * @returns null when this is no page of a tree, or its head contradicts itself
 */
export function gapsOf(page: Buffer, usable = page.length): readonly Gap[] | null {
  const head = HEAD_BYTES[page.readUInt8(0)];
  if (head === undefined) return null;
  const listEnd = head + 2 * page.readUInt16BE(CELLS);
  // 0 stands for 65536, which two bytes cannot hold.
  const content = page.readUInt16BE(CONTENT) || 65_536;
  if (listEnd > content || content > usable) return null;
  const gaps: Gap[] = [[listEnd, content]];
  for (let block = page.readUInt16BE(FREE_BLOCK), last = content; block !== 0; ) {
    if (block < last || block + BLOCK_HEAD > usable) return null;
    const end = block + page.readUInt16BE(block + 2);
    if (end < block + BLOCK_HEAD || end > usable) return null;
    gaps.push([block + BLOCK_HEAD, end]);
    last = end;
    block = page.readUInt16BE(block);
  }
  return gaps;
}

/**
 * Kinds of a page of a tree in the file's own map: the root of a tree, or another page of one. Free pages and pages of long rows have other
 * numbers.
 */
const TREE_PAGES: readonly number[] = [1, 5];
/** Bytes of a page's entry in a map: what it is, and whose. */
const ENTRY_BYTES = 5;
/** Offset of the byte whose page is never used: SQLite's locks are there. */
const LOCK_BYTE = 0x4000_0000;

/** Layout of the file's maps of pages. */
export class PageMap {
  readonly #usable: number;
  readonly #lockPage: number;

  constructor(pageBytes: number, usable = pageBytes) {
    this.#usable = usable;
    this.#lockPage = LOCK_BYTE / pageBytes + 1;
  }

  /**
   * Returns the page on which the map has a page, and where on it; null for a page that is in no map: the first, the maps themselves, and
   * that of the locks.
   */
  placeOf(page: number): { readonly map: number; readonly at: number } | null {
    if (page < 2 || page === this.#lockPage) return null;
    const each = Math.floor(this.#usable / ENTRY_BYTES) + 1;
    const first = Math.floor((page - 2) / each) * each + 2;
    const map = first === this.#lockPage ? first + 1 : first;
    return page <= map ? null : { map, at: ENTRY_BYTES * (page - map - 1) };
  }

  /** Returns whether an entry is of a page of a tree. */
  static isTree(entry: number): boolean {
    return TREE_PAGES.includes(entry);
  }
}
