// Guards: a step of statistics and search index that fails leaves neither rows nor a position.
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { advance, catchUp } from "../../src/statistics/reader.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { chat, gift } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";
import { useDirectory } from "../store/directory.js";
import { plainWords } from "./plain-words.js";

const file = useDirectory();
const SESSION = chat("").sessionId ?? "";

describe("statistics after a crash", () => {
  it("a step that fails in the middle leaves neither rows, nor words in the index, nor a position", async () => {
    const path = file("failed.db");
    const store = openSqliteStore({ path });
    const { room, append } = await claimed(store);
    await append(chat("1", { text: "好 [赞]" }), gift("2", "k", 3, 3));
    const other = new Database(path);
    // Words are written after people and gifts.
    other.exec("CREATE TRIGGER broken BEFORE INSERT ON statistics_words WHEN new.kind = 'emoji' BEGIN SELECT RAISE(ABORT, 'broken'); END");
    await expect(advance(store, plainWords)).rejects.toMatchObject({ code: expect.any(String) });
    const rows = (table: string) => other.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
    const tables = ["sessions", "minutes", "people", "gifts", "combos", "words"].map((name) => `statistics_${name}`);
    expect(tables.map(rows)).toEqual([0, 0, 0, 0, 0, 0]);
    expect([rows("search_docsize"), other.prepare("SELECT sum(pos) FROM consumers").pluck().get()]).toEqual([0, 0]);
    other.exec("DROP TRIGGER broken");
    other.close();
    await catchUp(store, plainWords);
    expect((await store.statistics.sessions(room, [SESSION])).get(SESSION)).toMatchObject({ chatters: 1, gifters: 1, behind: 0 });
    await store.close();
  });
});
