// Guards: spooled frames wait in the database, in order, until the owner of their room has stored them.
import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPostgresStore, type PostgresStore } from "../../src/store/postgres/store.js";
import { dropDatabase, newDatabase, runSql } from "./database.js";

let url: string;
let store: PostgresStore;

beforeAll(async () => {
  url = await newDatabase();
  store = await openPostgresStore({ url });
});
afterAll(async () => {
  await store.close();
  await dropDatabase(url);
});

describe("spooled frames", () => {
  it("waits for those who have its rooms, oldest first, until they have stored it", async () => {
    const { spooled } = store.cluster;
    const a = await store.rooms.ensure([{ kind: "web_rid", value: "1" }]);
    const b = await store.rooms.ensure([{ kind: "web_rid", value: "2" }]);
    const [first, second, other] = [randomBytes(1_000_000), Buffer.from([0, 1, 255]), Buffer.from("b")];
    await spooled.put(a, first);
    await spooled.put(b, other);
    await spooled.put(a, second);
    expect(await spooled.waiting()).toBe(1_000_004);
    const taken = await spooled.take([a], 10);
    expect(taken.map(({ room }) => room)).toEqual([a, a]);
    expect([first, second].map((bytes, i) => bytes.equals(taken[i]?.bytes ?? Buffer.alloc(0)))).toEqual([true, true]);
    const all = await spooled.take([a, b], 2);
    expect(all.map(({ room }) => room)).toEqual([a, b]);
    await spooled.done(all.map(({ n }) => n));
    expect((await spooled.take([a, b], 10)).map(({ bytes }) => Buffer.from(bytes))).toEqual([second]);
    expect(await spooled.take([], 10)).toEqual([]);
    await expect(spooled.put(99_999, second)).rejects.toMatchObject({ code: "not_found" });
    await spooled.done((await spooled.take([a], 10)).map(({ n }) => n));
    expect(await spooled.waiting()).toBe(0);
  });

  it("is an orphan when no living process has the room, and it has waited", async () => {
    const { spooled } = store.cluster;
    const room = await store.rooms.ensure([{ kind: "web_rid", value: "3" }]);
    await spooled.put(room, Buffer.from("x"));
    const orphans = async (waitedMs = 0) => (await spooled.orphans(waitedMs, 10)).map((part) => part.room);
    expect(await orphans()).toEqual([room]);
    expect(await orphans(60_000)).toEqual([]);
    const owner = new pg.Client({ connectionString: url });
    await owner.connect();
    await owner.query("INSERT INTO members(id, name, role, capacity, expires_at) VALUES (7, 'm', 'collect', 1, now() + interval '1 hour')");
    await owner.query("SELECT pg_advisory_lock(77, 7)");
    await runSql(url, `INSERT INTO wanted(key, kind, value, room, owner) VALUES ('web_rid:3', 'web_rid', '3', ${room}, 7)`);
    expect(await orphans()).toEqual([]);
    await owner.end();
    await expect.poll(orphans).toEqual([room]);
  });
});
