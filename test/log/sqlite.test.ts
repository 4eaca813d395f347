import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { openMemoryStore } from "../../src/log/memory.js";
import { openSqliteStore } from "../../src/log/sqlite/store.js";
import { chats, claimed, readAll } from "../contracts/store.js";

const dir = mkdtempSync(join(tmpdir(), "dylive-sqlite-"));
afterAll(() => rmSync(dir, { recursive: true }));

it("smoke", async () => {
  for (const store of [openSqliteStore({ path: join(dir, "a.db") }), openMemoryStore({ maxEventsPerRoom: 1000 })]) {
    const room = await claimed(store);
    const events = chats(250);
    expect(await room.append(...events)).toEqual(events.map((_, i) => i + 1));
    expect(await room.append(...chats(2))).toEqual([null, null]);
    expect((await readAll(store.log, room.room)).events).toEqual(events.map((e, i) => ({ ...e, seq: i + 1 })));
    await store.close();
  }
});
