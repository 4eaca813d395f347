// Guards: opening an SQLite store makes its schema once, and refuses files of other versions or of other programs unchanged.
import { readFileSync } from "node:fs";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { SCHEMA_VERSION } from "../../src/store/sql/tables.js";
import { makeSchema } from "../../src/store/sqlite/schema.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { chat } from "../contracts/events.js";
import { claimed, readAll } from "../contracts/harness.js";
import { useDirectory } from "./directory.js";

const path = useDirectory();

describe("opening", () => {
  it("makes the schema and an id of its own, and keeps both", async () => {
    const [file, other] = [path("a.db"), path("b.db")];
    const first = openSqliteStore({ path: file });
    const { room, append } = await claimed(first);
    await append(chat("1"));
    await first.close();
    const second = openSqliteStore({ path: file });
    expect(second.log.id).toBe(first.log.id);
    expect(second.log.id).toMatch(/^[\w-]{12}$/);
    expect((await readAll(second.log, room)).events).toHaveLength(1);
    expect(await second.rooms.claim(room)).toBe(2);
    await second.close();
    const foreign = openSqliteStore({ path: other });
    expect(foreign.log.id).not.toBe(first.log.id);
    await foreign.close();
  });

  it("refuses a schema of another version and says what to do", () => {
    for (const [version, code, detail] of [
      [SCHEMA_VERSION + 1, "store_newer", `has schema ${SCHEMA_VERSION + 1}, this dylive knows ${SCHEMA_VERSION}`],
      [SCHEMA_VERSION - 1, "bad_config", "name another data folder"],
    ] as const) {
      const file = path(`${code}.db`);
      const database = new Database(file);
      makeSchema(database, 0);
      database.pragma(`user_version = ${version}`);
      database.close();
      expect(() => openSqliteStore({ path: file })).toThrow(expect.objectContaining({ code, detail: expect.stringContaining(detail) }));
    }
  });

  it("refuses what is not ours and leaves it as it was", () => {
    const file = path("foreign.db");
    const database = new Database(file);
    database.exec("CREATE TABLE mine(x)");
    database.close();
    const before = readFileSync(file);
    expect(() => openSqliteStore({ path: file })).toThrow(expect.objectContaining({ code: "bad_config" }));
    expect(readFileSync(file)).toEqual(before);
    expect(() => openSqliteStore({ path: path("missing/x.db") })).toThrow(expect.objectContaining({ code: "bad_config" }));
  });
});
