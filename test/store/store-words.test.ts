// Guards: each failure of an SQLite store has its own code, and nothing sound is called damaged.
import { chmodSync, mkdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { msgOf } from "../../src/runtime/msg.js";
import { backUp, copyDatabase, integrityOf } from "../../src/store/sqlite/copy.js";
import { placeFailure, refusal } from "../../src/store/sqlite/refusal.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { chats } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";
import { startChild } from "./child/spawn.js";
import { useDirectory } from "./directory.js";

const path = useDirectory();

/** A store with some events in a folder of its own. */
async function made(name: string): Promise<string> {
  const folder = path(name);
  mkdirSync(folder);
  const file = join(folder, "dylive.sqlite");
  const store = openSqliteStore({ path: file });
  await (await claimed(store)).append(...chats(500));
  await store.close();
  return file;
}

/** What somebody who is not root is told of a store: opening, checking, copying. */
async function told(file: string): Promise<readonly string[]> {
  const child = await startChild("beholder.ts", file, path("copies"));
  const lines: string[] = [];
  for await (const line of child.lines) lines.push(line);
  await child.exited;
  return lines;
}

/** What is thrown. */
function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

describe("what is wrong with a store is said by its own name", () => {
  it("a folder or a file that this user may not write: nothing is called damaged", { tags: ["full"] }, async () => {
    const file = await made("forbidden");
    const folder = dirname(file);
    // Others get as far as the folder.
    chmodSync(dirname(folder), 0o755);
    chmodSync(folder, 0o555);
    chmodSync(file, 0o444);
    const forbidden = /^store_forbidden .*this user may not read and write /;
    expect(await told(file)).toEqual([
      expect.stringMatching(forbidden),
      expect.stringMatching(
        /^read 500, store_readonly, The store may not be opened, so it is only read, as it is now: .*this user may not/,
      ),
      "done",
      expect.stringMatching(/^bad_config the copy .* cannot be made: there is no folder/),
    ]);
    chmodSync(folder, 0o777);
    chmodSync(file, 0o000);
    for (const line of await told(file)) expect(line).toMatch(/^store_forbidden .*dylive\.sqlite$/);
    chmodSync(file, 0o600);
  });

  it("a disk that is mounted read-only, a full one, one that fails", () => {
    const rofs = Object.assign(new Error("EROFS: read-only file system"), { code: "EROFS" });
    expect(placeFailure(rofs, path("x"), msgOf("it cannot be made"))).toMatchObject({ code: "store_readonly" });
    for (const [code, name] of [
      ["SQLITE_FULL", "disk_full"],
      ["SQLITE_IOERR_WRITE", "store_failed"],
      ["SQLITE_READONLY", "store_readonly"],
      ["SQLITE_CANTOPEN", "store_failed"],
      ["SQLITE_CORRUPT_VTAB", "store_damaged"],
      ["SQLITE_NOTADB", "store_damaged"],
      ["SQLITE_BUSY_SNAPSHOT", "store_locked"],
    ] as const) {
      const error = new Database.SqliteError("words of SQLite", code);
      expect([code, placeFailure(error, path("x"), msgOf("it cannot be opened")).code]).toEqual([code, name]);
      expect([code, refusal(error).code]).toEqual([code, name]);
    }
  });

  it("no database, one whose end is gone, another's, a newer dylive's, a folder", async () => {
    const text = path("text.db");
    writeFileSync(text, "no database at all, but long enough to have a header: ".repeat(20));
    const noDatabase = {
      code: "store_damaged",
      detail: expect.stringContaining("it is no SQLite database, or its beginning was overwritten"),
    };
    expect(thrown(() => openSqliteStore({ path: text }))).toMatchObject(noDatabase);
    expect(thrown(() => backUp(text, path("copy.db")))).toMatchObject(noDatabase);
    expect(integrityOf(text)).toEqual([expect.stringContaining("it is no SQLite database")]);
    const cut = await made("cut");
    truncateSync(cut, 8192 * 3);
    expect(thrown(() => backUp(cut, path("copy.db")))).toMatchObject({ code: "store_damaged" });
    const newer = await made("newer");
    const database = new Database(newer);
    database.pragma("user_version = 999");
    database.close();
    expect(thrown(() => openSqliteStore({ path: newer }))).toMatchObject({ code: "store_newer" });
    expect(thrown(() => openSqliteStore({ path: dirname(newer) }))).toMatchObject({
      code: "bad_config",
      detail: expect.stringContaining("is a folder"),
    });
  });

  it("a copy, and a store that is made anew, are for the owner alone whatever the folder is", async () => {
    const file = await made("copied");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const source = new Database(file);
    const copy = path("copy.db");
    copyDatabase(source, copy);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    // What lies beside it while it is open gets the same.
    source.exec("UPDATE meta SET value = value || 'x' WHERE key = 'log_id'");
    expect(["-wal", "-shm"].map((end) => statSync(file + end).mode & 0o777)).toEqual([0o600, 0o600]);
    source.close();
  });
});
