// Guards: overwriting zeroes every free byte of an SQLite file and leaves every kept one as it is.
import { closeSync, openSync, readFileSync, readSync, symlinkSync, writeSync } from "node:fs";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { Random } from "../../simulator/random.js";
import { gapsOf, openForever, PageMap, Wiper } from "../../src/store/sqlite/residue.js";
import { useDirectory } from "./directory.js";

const path = useDirectory();

/** A leaf of a table, of 64 bytes: one cell at the end, and before it a free block of 10 bytes. */
function leaf(changes: Readonly<Record<number, number>> = {}): Buffer {
  const page = Buffer.alloc(64, 0xee);
  page.set([13, 0, 46, 0, 1, 0, 40, 0, 0, 56]);
  page.set([0, 0, 0, 10], 46);
  for (const [at, byte] of Object.entries(changes)) page[Number(at)] = byte;
  return page;
}

describe("the free parts of a page", () => {
  it("lie between the list of cells and their content, and in free blocks behind what they begin with", () => {
    expect(gapsOf(leaf())).toEqual([
      [10, 40],
      [50, 56],
    ]);
    // An inner page's head is longer.
    expect(gapsOf(leaf({ 0: 5, 2: 0 }))).toEqual([[14, 40]]);
  });

  it.each([
    ["no page of a tree", { 0: 0 }],
    ["more cells than fit", { 4: 30 }],
    ["content beyond the end", { 6: 80 }],
    ["a free block in the list of cells", { 2: 8 }],
    ["a free block beyond the end", { 2: 62 }],
    ["a free block that is shorter than its head", { 49: 3 }],
    ["a free block that ends beyond the page", { 49: 60 }],
    ["free blocks in a circle", { 47: 46 }],
  ])("are not told of a page that contradicts itself: %s", (_name, changes) => {
    expect(gapsOf(leaf(changes))).toBeNull();
  });

  it("of pages of 64 KB, whose content may begin beyond what two bytes can say", () => {
    const page = Buffer.alloc(65_536);
    page.set([13, 0, 0, 0, 0, 0, 0]);
    expect(gapsOf(page)).toEqual([[8, 65_536]]);
  });
});

describe("the map of pages", () => {
  it("has each page but the first, its own and that of the locks", () => {
    const map = new PageMap(8192);
    expect([1, 2, 3, 1640, 1641, 1642].map((page) => map.placeOf(page))).toEqual([
      null,
      null,
      { map: 2, at: 0 },
      { map: 2, at: 8185 },
      null,
      { map: 1641, at: 0 },
    ]);
    const lock = 2 ** 30 / 8192 + 1;
    expect(map.placeOf(lock)).toBeNull();
    expect(map.placeOf(lock + 1)?.map).toBeLessThan(lock);
  });
});

/** Everything in a database, as text. */
function contents(database: Database.Database): string {
  return JSON.stringify(["a", "b"].map((table) => database.prepare(`SELECT * FROM ${table} ORDER BY 1`).all()));
}

describe("overwriting", () => {
  it("leaves everything that is kept as it is, and zeroes every free byte, in files of all kinds of changes", () => {
    const random = new Random("wiper");
    for (const pageBytes of [512, 8192]) {
      const file = path(`random-${pageBytes}.db`);
      const database = new Database(file);
      database.exec(`PRAGMA page_size = ${pageBytes}; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA secure_delete = ON;
        CREATE TABLE a(n INTEGER PRIMARY KEY, t TEXT, u TEXT); CREATE INDEX a_t ON a(t, u); CREATE TABLE b(k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID;
        CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID`);
      const put = [
        database.prepare("INSERT OR REPLACE INTO a VALUES (?, ?, ?)"),
        database.prepare("INSERT OR REPLACE INTO b VALUES (?, ?)"),
      ];
      const text = (most: number) => "xyz0123456789".repeat(random.int(1, most)).slice(random.int(0, 12));
      for (let n = 0; n < 900; n++) {
        const key = random.int(0, 900);
        put[0]?.run(key, text(5), text(random.chance(0.02) ? 2000 : 20));
        put[1]?.run(`k${key % 300}`, text(30));
        if (n % 3 === 0) database.exec(`DELETE FROM a WHERE n = ${random.int(0, 900)}; DELETE FROM b WHERE k = 'k${random.int(0, 300)}'`);
        if (n % 300 === 0) database.exec("PRAGMA incremental_vacuum(3)");
      }
      database.pragma("wal_checkpoint(TRUNCATE)");
      const before = contents(database);
      const garbled = garble(file, pageBytes);
      expect(garbled).toBeGreaterThan(10);
      const wiper = new Wiper(file, openForever(file));
      for (let after = 0; ; ) {
        const step = wiper.step(after);
        if (step === null) break;
        if (step === false) throw new Error("the lock was not to be had");
        after = step.pages;
      }
      wiper.close();
      expect(contents(database)).toBe(before);
      expect(database.pragma("integrity_check", { simple: true })).toBe("ok");
      database.close();
      expect(readFileSync(file).includes("gone for ever")).toBe(false);
    }
  });

  it("keeps off a file of which others have written something that is not written back, also through a link", () => {
    const file = path("linked.db");
    const link = path("link.db");
    symlinkSync(file, link);
    const database = new Database(file);
    database.exec(`PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT)`);
    const reader = new Database(file, { readonly: true });
    reader.exec("BEGIN");
    reader.prepare("SELECT * FROM meta").all();
    database.exec("INSERT INTO meta VALUES ('a', 'b')");
    const wiper = new Wiper(link, openForever(link));
    expect(wiper.step(0)).toBe(false);
    reader.exec("COMMIT");
    expect(wiper.step(0)).toMatchObject({ pages: expect.any(Number) });
    wiper.close();
    reader.close();
    expect(database.pragma("integrity_check", { simple: true })).toBe("ok");
    database.close();
  });
});

/** Writes a text into every free part that is long enough. @returns into how many */
function garble(file: string, pageBytes: number): number {
  const handle = openSync(file, "r+");
  const map = new PageMap(pageBytes);
  const [page, entry] = [Buffer.alloc(pageBytes), Buffer.alloc(1)];
  const left = Buffer.from("gone for ever");
  let count = 0;
  for (let n = 1; readSync(handle, page, 0, pageBytes, (n - 1) * pageBytes) === pageBytes; n++) {
    const place = map.placeOf(n);
    if (place === null) continue;
    readSync(handle, entry, 0, 1, (place.map - 1) * pageBytes + place.at);
    if (!PageMap.isTree(entry.readUInt8(0))) continue;
    for (const [from, to] of gapsOf(page) ?? []) {
      if (to - from < left.length) continue;
      writeSync(handle, left, 0, left.length, (n - 1) * pageBytes + from + Math.floor((to - from - left.length) / 2));
      count++;
    }
  }
  closeSync(handle);
  return count;
}
