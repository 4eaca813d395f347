import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { check } from "../../src/log/check.js";
import { openSqliteStore } from "../../src/log/sqlite/store.js";
import { chats } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";
import { useDirectory } from "./directory.js";

const path = useDirectory();

describe("check", () => {
  it("finds seqs that are missing without a record, at the start, in the middle and at the end", async () => {
    const file = path("holes.db");
    const store = openSqliteStore({ path: file });
    const { room, append } = await claimed(store);
    for (let part = 0; part < 3; part++) await append(...chats(1000, `${part}:`));
    await store.log.remove(room, 500, 1200, "retention");
    const other = new Database(file);
    other.exec("DELETE FROM events WHERE seq IN (1, 2, 1500, 1501, 1502, 3000)");
    expect(await check(store.log)).toEqual([
      { kind: "hole", room, from: 1, to: 2 },
      { kind: "hole", room, from: 1500, to: 1502 },
      { kind: "hole", room, from: 3000, to: 3000 },
    ]);
    other.exec("DELETE FROM removals");
    expect(await check(store.log)).toContainEqual({ kind: "hole", room, from: 500, to: 1200 });
    other.close();
    await store.close();
  });

  it("ends when its signal aborts", async () => {
    const store = openSqliteStore({ path: path("aborted.db") });
    const { append } = await claimed(store);
    await append(...chats(1));
    await expect(check(store.log, undefined, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
    await store.close();
  });
});
