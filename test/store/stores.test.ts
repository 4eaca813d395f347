import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { describeRoomStore, describeStore } from "../contracts/store.js";

const dir = mkdtempSync(join(tmpdir(), "dylive-stores-"));
afterAll(() => rmSync(dir, { recursive: true }));

describeRoomStore("memory", async () => openMemoryStore({ maxEventsPerRoom: 100_000 }));

let files = 0;
describeStore("sqlite", async () => openSqliteStore({ path: join(dir, `${files++}.db`) }));
