// Guards: a full, read-only or damaged disk is said in words, and nothing is lost when a full one has room again.
import { openSync, statSync, truncateSync, writeSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import type { LiveEvent } from "../../src/events/event.js";
import { checkStore } from "../../src/store/check.js";
import { SqliteConnection, sqliteDatabase } from "../../src/store/sqlite/connection.js";
import { integrityOf } from "../../src/store/sqlite/copy.js";
import { sqliteLog } from "../../src/store/sqlite/log.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import type { Store } from "../../src/store/store.js";
import { fastClock } from "../clock.js";
import { running, SIGNAL } from "../collector/running.js";
import { chats } from "../contracts/events.js";
import { claimed, readAll } from "../contracts/harness.js";
import { idOf } from "../fact-id.js";
import { useDirectory } from "../store/directory.js";
import { until } from "../until.js";

const file = useDirectory();
const ROOM = "100000002";

/** A store whose log writes through a connection that a test can break. */
function breakable(): { store: Store; connection: SqliteConnection } {
  const path = file("store.db");
  const whole = openSqliteStore({ path });
  const connection = new SqliteConnection(path, fastClock(1));
  onTestFinished(() => whole.close());
  onTestFinished(() => connection.close());
  return { store: { ...whole, log: sqliteLog(connection, sqliteDatabase(connection)) }, connection };
}

describe.each([
  [
    "a full disk",
    /The disk is full: .*database or disk is full.*Make room/,
    ({ database }: SqliteConnection) => {
      database.pragma(`max_page_count = ${database.pragma("page_count", { simple: true })}`);
      return () => database.pragma("max_page_count = 1000000");
    },
  ],
  [
    "a disk that became read-only",
    /The store cannot be written: .*readonly database.*Make the data folder/,
    ({ database }: SqliteConnection) => {
      database.pragma("query_only = ON");
      return () => database.pragma("query_only = OFF");
    },
  ],
])("%s", { tags: ["full"] }, (_name, sentence, strike) => {
  it("is said in the room's state; what comes is held back, and nothing is lost when it is over", async () => {
    const { store, connection } = breakable();
    const now = await running({}, { store });
    const { rooms, simulator, clock } = now;
    const { room } = await rooms.request(ROOM, 60_000, SIGNAL);
    await until(() => rooms.status(room)?.state === "live");
    const heal = strike(connection);
    const reason = () => rooms.status(room)?.evidence.reason ?? "";
    await until(() => sentence.test(reason()));
    const head = async () => (await store.log.heads([room])).get(room)?.head ?? 0;
    const stuck = await head();
    // Far longer than an open connection may be silent.
    await clock.sleep(100_000);
    // A page that was begun may still take a little.
    expect((await head()) - stuck).toBeLessThan(20);
    heal();
    await until(() => !sentence.test(reason()));
    await until(() => rooms.status(room)?.state === "live");
    simulator.rooms.stall(ROOM);
    const { sent, connections } = simulator.truth(ROOM);
    const read = async () => (await readAll(store.log, room)).events;
    const unitsOf = (list: readonly LiveEvent[]) => list.reduce((sum, event) => sum + (event.type === "gift" ? event.delta : 0), 0);
    const given = sent.combos.reduce((sum, { total }) => sum + total, 0);
    const last = sent.interactive.findLast(({ kind }) => kind !== "gift");
    const lastId = last && idOf(last);
    const events = await until(async () => {
      const stored = await read();
      return stored.some(({ id }) => id === lastId) && unitsOf(stored) >= given ? stored : null;
    });
    const chats = (list: readonly { id: string }[]) => [...new Set(list.map(({ id }) => id))].sort();
    expect(chats(events.filter(({ type }) => type === "chat"))).toEqual(
      chats(sent.interactive.filter(({ kind }) => kind === "chat").map((fact) => ({ id: idOf(fact) }))),
    );
    expect(unitsOf(events)).toBe(given);
    expect(connections).toHaveLength(1);
    expect(events.filter(({ type }) => type === "gap")).toEqual([]);
    expect(await checkStore(store)).toEqual([]);
  });

  it("when a collection begins does not end it", async () => {
    const { store, connection } = breakable();
    const heal = strike(connection);
    const now = await running({}, { store });
    const { rooms } = now;
    const asked = rooms.request(ROOM, 10_000, SIGNAL).catch((error: unknown) => error);
    await asked;
    heal();
    await until(async () => [...(await store.log.heads()).values()].some(({ head }) => head > 0));
  });
});

describe("a damaged file", () => {
  async function filled(name: string) {
    const path = file(name);
    const store = openSqliteStore({ path });
    const { room, append } = await claimed(store);
    for (let part = 0; part < 5; part++) await append(...chats(1000, `${part}:`));
    await store.close();
    return { path, room };
  }

  it("is found by the check, and said where it is read; what is whole can still be read", async () => {
    const { path, room } = await filled("pages.db");
    const hole = openSync(path, "r+");
    const { size } = statSync(path);
    writeSync(hole, Buffer.alloc(20 * 4096, 0xa5), 0, 20 * 4096, Math.floor(size / 8192) * 4096);
    expect(integrityOf(path).length).toBeGreaterThan(0);
    const store = openSqliteStore({ path });
    const outcomes: unknown[] = [];
    for (let after = 0; after < 5000; after += 50)
      outcomes.push(await store.log.readRoom(room, after, 50).catch((error: unknown) => error));
    const damaged = outcomes.filter((one) => one instanceof Error);
    expect(damaged.length).toBeGreaterThan(0);
    expect(damaged.length).toBeLessThan(outcomes.length);
    for (const error of damaged) expect(error).toMatchObject({ code: "store_damaged" });
    await store.close().catch(() => {});
  });

  it("is refused in words when it cannot be opened", async () => {
    const { path } = await filled("cut.db");
    truncateSync(path, 4096 * 3);
    const open = () => openSqliteStore({ path });
    let said: unknown;
    try {
      await open().close();
    } catch (error) {
      said = error;
    }
    expect(said).toMatchObject({ code: "store_damaged", detail: expect.stringContaining("malformed") });
    expect(integrityOf(path).length).toBeGreaterThan(0);
  });
});
