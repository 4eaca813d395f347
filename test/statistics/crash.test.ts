import { once } from "node:events";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { advance, catchUp } from "../../src/statistics/reader.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { chat, gift } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";
import { everything } from "../contracts/statistics.js";
import { startChild } from "../store/child/spawn.js";
import { useDirectory } from "../store/directory.js";
import { plainWords } from "./plain-words.js";

const file = useDirectory();
const SESSION = chat("").sessionId ?? "";

describe("statistics after a crash", () => {
  it("kill -9 while they are counted: nothing is missing, nothing is counted twice", async () => {
    const path = file("killed.db");
    for (const delayMs of [30, 70, 110, 150]) {
      const child = await startChild("counter.ts", path);
      await once(child.process.stdout, "data");
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      child.process.kill("SIGKILL");
      await child.exited;
    }
    const store = openSqliteStore({ path });
    const room = await store.rooms.ensure([{ kind: "web_rid", value: "counted" }]);
    await catchUp(store, plainWords, { room });
    const counted = await everything(store, room, [SESSION]);
    await store.statistics.reset(room, SESSION);
    await catchUp(store, plainWords, { room });
    expect(await everything(store, room, [SESSION])).toEqual(counted);
    const events = Object.values(counted.sessions[0]?.totals.types ?? {}).reduce((sum, count) => sum + count, 0);
    expect(events).toBe(counted.head);
    expect(events).toBeGreaterThan(150);
    await store.close();
  });

  it("a transaction that fails in the middle leaves neither rows nor a cursor", async () => {
    const path = file("failed.db");
    const store = openSqliteStore({ path });
    const { room, append } = await claimed(store);
    await append(chat("1", { text: "好 [赞]" }), gift("2", "k", 3, 3));
    const other = new Database(path);
    // Words are written after people and gifts.
    other.exec("CREATE TRIGGER broken BEFORE INSERT ON statistics_words WHEN new.kind = 'emoji' BEGIN SELECT RAISE(ABORT, 'broken'); END");
    await expect(advance(store, room, plainWords)).rejects.toMatchObject({ code: expect.any(String) });
    const rows = (table: string) => other.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
    const tables = ["rooms", "sessions", "minutes", "people", "gifts", "combos", "words"].map((name) => `statistics_${name}`);
    expect(tables.map(rows)).toEqual([0, 0, 0, 0, 0, 0, 0]);
    other.exec("DROP TRIGGER broken");
    other.close();
    await catchUp(store, plainWords, { room });
    expect((await store.statistics.sessions(room, [SESSION])).get(SESSION)).toMatchObject({ chatters: 1, gifters: 1, behind: 0 });
    await store.close();
  });
});
