// Guards: opening an SQLite store applies each migration once, all or none, and refuses files of newer versions or of others unchanged.
import { readFileSync, statSync } from "node:fs";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { MIGRATIONS, migrate } from "../../src/store/sqlite/migrate.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { chat } from "../contracts/events.js";
import { claimed, readAll } from "../contracts/harness.js";
import { useDirectory } from "./directory.js";

const path = useDirectory();
const versionOf = (database: Database.Database) => database.pragma("user_version", { simple: true });

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

  it("refuses a newer schema and says what to do", () => {
    const file = path("newer.db");
    const database = new Database(file);
    migrate(database, 0);
    database.pragma(`user_version = ${MIGRATIONS.length + 1}`);
    database.close();
    expect(() => openSqliteStore({ path: file })).toThrow(
      expect.objectContaining({
        code: "store_newer",
        detail: expect.stringContaining(`has schema ${MIGRATIONS.length + 1}, this dylive knows ${MIGRATIONS.length}`),
      }),
    );
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

describe("migrations", () => {
  it("are applied in order from where the file stands, once", () => {
    const database = new Database(path("older.db"));
    migrate(database, 0);
    const next = [...MIGRATIONS, "CREATE TABLE two(x)", "ALTER TABLE two ADD COLUMN y"];
    migrate(database, 0, next);
    migrate(database, 0, next);
    expect(versionOf(database)).toBe(next.length);
    expect(database.prepare("SELECT x, y FROM two").all()).toEqual([]);
    expect(database.prepare("SELECT count(*) FROM rooms").pluck().get()).toBe(1);
    database.close();
  });

  it("keep a copy of what was there, once, and say where", () => {
    const file = path("kept.db");
    const database = new Database(file);
    migrate(database, 0, MIGRATIONS);
    database.exec("INSERT INTO rooms(room, created_at) VALUES (7, 7)");
    const told: string[] = [];
    const next = [...MIGRATIONS, "CREATE TABLE two(x)"];
    migrate(database, 0, next, (sentence) => told.push(sentence));
    const kept = `${file}.schema-${MIGRATIONS.length}.backup`;
    expect(told).toEqual([
      expect.stringContaining(`from schema ${MIGRATIONS.length} to ${next.length}; as it was before it is kept in ${kept}`),
    ]);
    expect(statSync(kept).mode & 0o777).toBe(0o600);
    const copy = new Database(kept, { readonly: true });
    expect(versionOf(copy)).toBe(MIGRATIONS.length);
    expect(copy.prepare("SELECT room FROM rooms").pluck().all()).toEqual([0, 7]);
    copy.close();
    // Somebody went back and comes again: the first copy stays.
    database.pragma(`user_version = ${MIGRATIONS.length}`);
    database.exec("DROP TABLE two; DELETE FROM rooms WHERE room = 7");
    migrate(database, 0, next, (sentence) => told.push(sentence));
    expect(told).toHaveLength(1);
    expect(new Database(kept, { readonly: true }).prepare("SELECT count(*) FROM rooms").pluck().get()).toBe(2);
    database.close();
  });

  it("are applied all or none", () => {
    const database = new Database(path("broken.db"));
    migrate(database, 0);
    expect(() => migrate(database, 0, [...MIGRATIONS, "CREATE TABLE two(x)", "CREATE TABLE two(x)"])).toThrow("two already exists");
    expect(versionOf(database)).toBe(MIGRATIONS.length);
    expect(() => database.prepare("SELECT * FROM two")).toThrow("no such table");
    database.close();
  });
});
