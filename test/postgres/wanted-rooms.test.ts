// Guards: all processes see which rooms are wanted, who owns them and what the owner last said.
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/runtime/clock.js";
import type { WantedRooms } from "../../src/store/cluster.js";
import { PostgresConnection } from "../../src/store/postgres/connection.js";
import { openPostgresStore, type PostgresStore } from "../../src/store/postgres/store.js";
import { postgresWantedRooms } from "../../src/store/postgres/wanted-rooms.js";
import type { Alias } from "../../src/store/rooms.js";
import { FakeClock } from "../clock.js";
import { until } from "../until.js";
import { dropDatabase, emptyDatabase, newDatabase, runSql } from "./database.js";

const IDLE_MS = 600_000;
const A: Alias = { kind: "web_rid", value: "111" };
const B: Alias = { kind: "unique_id", value: "bee" };

let url: string;
let store: PostgresStore;
let connection: PostgresConnection;
let wantedRooms: WantedRooms;
const members: pg.Client[] = [];

beforeAll(async () => {
  url = await newDatabase();
});
afterAll(() => dropDatabase(url));
beforeEach(async () => {
  await emptyDatabase(url);
  store = await openPostgresStore({ url });
  connection = new PostgresConnection(url, systemClock);
  wantedRooms = postgresWantedRooms(connection);
});
afterEach(async () => {
  for (const member of members.splice(0)) await member.end();
  await connection.close();
  await store.close();
});

/** A process that lives as long as its connection. */
async function member(name: string): Promise<{ id: number; end(): Promise<void> }> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  members.push(client);
  const { rows } = await client.query(
    "INSERT INTO members(name, role, capacity, lock, expires_at) VALUES ($1, 'collect', 10, $2, clock_timestamp() + interval '60 s') RETURNING id",
    [name, members.length],
  );
  const { id } = rows[0] as { id: number };
  await client.query("SELECT pg_advisory_lock($1)", [members.length]);
  return { id, end: () => members.splice(members.indexOf(client), 1)[0]?.end() ?? Promise.resolve() };
}

async function watchedRoom(webRid: string): Promise<number> {
  const room = await store.rooms.ensure([{ kind: "web_rid", value: webRid }], { webRid });
  await store.rooms.setWatch(room, "on");
  return room;
}

const own = (key: string, id: number) => runSql(url, `UPDATE wanted SET owner = ${id}, since = clock_timestamp() WHERE key = '${key}'`);
const age = (key: string, interval: string) =>
  runSql(url, `UPDATE wanted SET asked_at = asked_at - interval '${interval}' WHERE key = '${key}'`);
const keys = async () => (await wantedRooms.all()).map(({ key }) => key);

describe("wanted rooms in PostgreSQL", () => {
  it("notes who is wanted, up to the most; one that is noted already is renewed", async () => {
    expect(await wantedRooms.ask(A, 1)).toBe(true);
    expect(await wantedRooms.ask(B, 1)).toBe(false);
    await age("web_rid:111", "60 s");
    expect(await wantedRooms.ask(A, 1)).toBe(true);
    expect(await wantedRooms.all()).toEqual([
      {
        key: "web_rid:111",
        name: A,
        room: null,
        watched: false,
        ownerId: null,
        report: null,
        reportedAt: null,
      },
    ]);
    await wantedRooms.sweep(30_000);
    expect(await keys()).toEqual(["web_rid:111"]);
    expect(await wantedRooms.ask(B, 2)).toBe(true);
    await wantedRooms.forget(A);
    expect(await keys()).toEqual(["unique_id:bee"]);
  });

  it("shows what the owner told, and who that is while it lives", async () => {
    await wantedRooms.ask(A, 9);
    const [one, other] = [await member("one"), await member("other")];
    await own("web_rid:111", one.id);
    await runSql(url, "UPDATE wanted SET room = 5");
    await wantedRooms.report(other.id, [{ key: "web_rid:111", report: "not mine" }]);
    expect(await wantedRooms.all()).toMatchObject([{ ownerId: one.id, report: null, room: 5 }]);
    await wantedRooms.report(one.id, [
      { key: "web_rid:111", report: "live" },
      { key: "unique_id:gone", report: "x" },
    ]);
    expect(await wantedRooms.all()).toMatchObject([{ ownerId: one.id, report: "live", room: 5, reportedAt: expect.any(Number) }]);
    // What was read before is known, and is not read again.
    const [{ key, reportedAt } = { key: "", reportedAt: 0 }] = await wantedRooms.all();
    expect(await wantedRooms.all(new Map([[key, reportedAt]]))).toMatchObject([{ report: null, reportedAt }]);
    expect(await wantedRooms.all(new Map([[key, 5]]))).toMatchObject([{ report: "live", reportedAt }]);
    await one.end();
    await until(async () => (await wantedRooms.all()).every(({ ownerId }) => ownerId === null));
    await wantedRooms.forget(5);
    expect(await keys()).toEqual([]);
  });

  it("forgets what was not asked for in time", async () => {
    await wantedRooms.ask(A, 9);
    await wantedRooms.ask(B, 9);
    await age("web_rid:111", "601 s");
    await wantedRooms.sweep(IDLE_MS);
    expect(await keys()).toEqual(["unique_id:bee"]);
  });

  it("follows the watch list, by the room or by its number", async () => {
    const room = await watchedRoom("222");
    await wantedRooms.sweep(IDLE_MS);
    expect(await wantedRooms.all()).toMatchObject([{ key: "web_rid:222", room, watched: true, name: { kind: "web_rid", value: "222" } }]);
    await age("web_rid:222", "1 day");
    await wantedRooms.sweep(IDLE_MS);
    expect(await keys()).toEqual(["web_rid:222"]);
    await store.rooms.setWatch(room, "paused");
    await wantedRooms.sweep(IDLE_MS);
    expect(await keys()).toEqual([]);
    // Wanted by another name, and met: it is this one that becomes watched.
    await wantedRooms.ask(B, 9);
    await runSql(url, `UPDATE wanted SET room = ${room}`);
    await store.rooms.setWatch(room, "on");
    await wantedRooms.sweep(IDLE_MS);
    expect(await wantedRooms.all()).toMatchObject([{ key: "unique_id:bee", watched: true }]);
    // Watched rooms are not counted with those that somebody asked for.
    expect(await wantedRooms.ask(A, 1)).toBe(true);
    await store.rooms.setWatch(room, "off");
    await wantedRooms.sweep(IDLE_MS);
    expect(await keys()).toEqual(["web_rid:111"]);
  });

  it("wakes for what others change", async () => {
    const stop = new AbortController();
    let wakes = 0;
    const still = new PostgresConnection(url, new FakeClock()); // its next look never comes: what wakes is a notice
    const other = postgresWantedRooms(still);
    const done = (async () => {
      for await (const _ of other.wakes(stop.signal)) wakes++;
    })();
    await until(() => wakes > 0);
    for (const change of [() => wantedRooms.ask(A, 9), () => wantedRooms.forget(A)]) {
      const before = wakes;
      await change();
      await until(() => wakes > before);
    }
    stop.abort();
    await done;
    await still.close();
  });
});
