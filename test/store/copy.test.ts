// Guards: a backup of an SQLite store is one sound moment of it, overwrites nothing, and holds no erased text.
import { once } from "node:events";
import { existsSync, statSync, writeFileSync } from "node:fs";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { checkStore } from "../../src/store/check.js";
import { backUp, integrityOf } from "../../src/store/sqlite/copy.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { chats } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";
import { startChild } from "./child/spawn.js";
import { useDirectory } from "./directory.js";

const path = useDirectory();

describe("a backup", () => {
  it("made while another process appends is of one moment, sound, and a store of its own", { tags: ["full"] }, async () => {
    const file = path("busy.db");
    const child = await startChild("appender.ts", file, "a", "0", "20");
    await once(child.process.stdout, "data");
    const copy = path("copy.db");
    const bytes = backUp(file, copy);
    child.process.kill("SIGKILL");
    await child.exited;
    expect(bytes).toBe(statSync(copy).size);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    const [original, restored] = [openSqliteStore({ path: file }), openSqliteStore({ path: copy })];
    const head = async (store: typeof original) => [...(await store.log.heads()).values()].at(-1)?.head ?? 0;
    expect(await head(restored)).toBeGreaterThan(0);
    expect(await head(restored)).toBeLessThanOrEqual(await head(original));
    expect(restored.log.id).not.toBe(original.log.id);
    expect(await checkStore(restored)).toEqual([]);
    await original.close();
    await restored.close();
  });

  it("overwrites nothing, and leaves nothing when it fails", async () => {
    const file = path("source.db");
    await openSqliteStore({ path: file }).close();
    const there = path("there.db");
    writeFileSync(there, "mine");
    expect(() => backUp(file, there)).toThrow(expect.objectContaining({ code: "bad_request" }));
    const nowhere = path("no/folder/copy.db");
    expect(() => backUp(file, nowhere)).toThrow(expect.objectContaining({ code: "bad_config" }));
    expect(existsSync(`${nowhere}.part`)).toBe(false);
  });

  it("holds no text that was erased and whose place was not used again", async () => {
    const file = path("erased.db");
    const store = openSqliteStore({ path: file });
    const { append, room } = await claimed(store);
    await append(...chats(500));
    await store.log.remove(room, 1, 500, "retention");
    await store.close();
    const copy = path("clean.db");
    backUp(file, copy);
    const database = new Database(copy);
    expect(database.pragma("freelist_count", { simple: true })).toBe(0);
    database.close();
  });
});

describe("integrity", () => {
  it("is sound, or said in SQLite's words", async () => {
    const file = path("damaged.db");
    const store = openSqliteStore({ path: file });
    const { append } = await claimed(store);
    await append(...chats(3000));
    await store.close();
    expect(integrityOf(file)).toEqual([]);
    const { size } = statSync(file);
    const database = new Database(file);
    database.unsafeMode(true);
    database.pragma("writable_schema = ON");
    database.exec(
      "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'removals') WHERE name = 'events_id'",
    );
    database.close();
    expect(size).toBeGreaterThan(1_000_000);
    expect(integrityOf(file).length).toBeGreaterThan(0);
  });
});
