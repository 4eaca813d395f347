import fc from "fast-check";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/runtime/clock.js";
import type { WantedRooms } from "../../src/store/cluster.js";
import { PostgresConnection } from "../../src/store/postgres/connection.js";
import { openPostgresStore, type PostgresStore } from "../../src/store/postgres/store.js";
import { postgresWantedRooms } from "../../src/store/postgres/wanted-rooms.js";
import type { Alias } from "../../src/store/rooms.js";
import type { RunWork } from "../../src/store/sql/work.js";
import { FakeClock } from "../clock.js";
import { until } from "../until.js";
import { runsOf } from "../whole.js";
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
    "INSERT INTO members(name, role, capacity, expires_at) VALUES ($1, 'collect', 10, clock_timestamp() + interval '60 s') RETURNING id",
    [name],
  );
  const { id } = rows[0] as { id: number };
  await client.query("SELECT pg_advisory_lock(77, $1)", [id]);
  return { id, end: () => members.splice(members.indexOf(client), 1)[0]?.end() ?? Promise.resolve() };
}

async function watchedRoom(webRid: string): Promise<number> {
  const room = await store.rooms.ensure([{ kind: "web_rid", value: webRid }], { webRid });
  await store.rooms.setWatch(room, "on");
  return room;
}

/** What a process does to a room, or to its transaction. */
interface Step {
  readonly by: number;
  readonly what: string;
  readonly key: number;
}

/** Another process that changes wanted rooms, in transactions that are open for as long as they like. What waits for another's lock is left out. */
async function transactions(at: string): Promise<(what: string, key: number) => Promise<void>> {
  const client = new pg.Client({ connectionString: at });
  await client.connect();
  await client.query("SET lock_timeout = 1");
  let open = false;
  let member = 0;
  const sql: Readonly<Record<string, (key: string) => string>> = {
    begin: () => "BEGIN",
    commit: () => "COMMIT",
    rollback: () => "ROLLBACK",
    ask: (key) =>
      `INSERT INTO wanted(key, kind, value) VALUES ('${key}', 'web_rid', '1') ON CONFLICT (key) DO UPDATE SET asked_at = clock_timestamp()`,
    forget: (key) => `DELETE FROM wanted WHERE key = '${key}'`,
    own: (key) => `UPDATE wanted SET owner = ${member} WHERE key = '${key}'`,
    tell: (key) =>
      `INSERT INTO told(key, member, told, told_at) SELECT key, 1, random()::text, clock_timestamp() FROM wanted WHERE key = '${key}'
       ON CONFLICT (key) DO UPDATE SET told = excluded.told, told_at = excluded.told_at`,
    meet: (key) => `UPDATE wanted SET room = 1 + coalesce(room, 0), watched = NOT watched WHERE key = '${key}'`,
    twin: (key) => `UPDATE wanted SET twin_of = (SELECT min(key) FROM wanted WHERE key <> '${key}') WHERE key = '${key}'`,
  };
  return async (what, n) => {
    if (what === "close") return client.end();
    if (what === "end") {
      // It comes to life, or is gone.
      if (member === 0) {
        const { rows } = await client.query(
          "INSERT INTO members(name, role, capacity, expires_at) VALUES ('late', 'collect', 10, clock_timestamp() + interval '60 s') RETURNING id, pg_advisory_lock(77, id)",
        );
        member = (rows[0] as { id: number }).id;
      } else {
        await client.query("SELECT pg_advisory_unlock(77, $1)", [member]);
        member = 0;
      }
      return;
    }
    if (what === "begin" ? open : open === false && (what === "commit" || what === "rollback")) return;
    await client.query(sql[what]?.(`web_rid:${n}`) ?? "").then(
      () => {
        open = what === "begin" || (open && what !== "commit" && what !== "rollback");
      },
      async () => {
        // Its transaction is over.
        if (open) await client.query("ROLLBACK");
        open = false;
      },
    );
  };
}

const own = (key: string, id: number) => runSql(url, `UPDATE wanted SET owner = ${id}, since = clock_timestamp() WHERE key = '${key}'`);
const age = (key: string, interval: string) =>
  runSql(url, `UPDATE wanted SET asked_at = asked_at - interval '${interval}' WHERE key = '${key}'`);
const keys = async () => (await wantedRooms.all()).map(({ key }) => key);

describe("wanted rooms in PostgreSQL", () => {
  it("notes who is wanted, up to the most; one that is noted already is renewed", async () => {
    expect(await wantedRooms.ask(A, 1)).toBe(true);
    const [{ askedAt } = { askedAt: 0 }] = await wantedRooms.all();
    expect(await wantedRooms.ask(B, 1)).toBe(false);
    await age("web_rid:111", "60 s");
    expect(await wantedRooms.ask(A, 1)).toBe(true);
    expect(await wantedRooms.all()).toEqual([
      {
        key: "web_rid:111",
        name: A,
        room: null,
        watched: false,
        askedAt: expect.any(Number),
        owner: null,
        ownerId: null,
        told: null,
        toldAt: null,
      },
    ]);
    expect((await wantedRooms.all())[0]?.askedAt).toBeGreaterThanOrEqual(askedAt);
    expect(await wantedRooms.ask(B, 2)).toBe(true);
    await wantedRooms.forget(A);
    expect(await keys()).toEqual(["unique_id:bee"]);
  });

  it("takes no more than the most from many at once", async () => {
    const names = Array.from({ length: 12 }, (_, n): Alias => ({ kind: "web_rid", value: `9${n}` }));
    const taken = await Promise.all(names.map((name) => wantedRooms.ask(name, 5)));
    expect(taken.filter(Boolean)).toHaveLength(5);
    expect(await keys()).toHaveLength(5);
  });

  it("shows what the owner told, and who that is while it lives", async () => {
    await wantedRooms.ask(A, 9);
    const [one, other] = [await member("one"), await member("other")];
    await own("web_rid:111", one.id);
    await wantedRooms.tell(other.id, [{ key: "web_rid:111", room: 5, told: "not mine", over: false }]);
    expect(await wantedRooms.all()).toMatchObject([{ owner: "one", told: null, room: null }]);
    expect(await wantedRooms.toldOf("web_rid:111")).toBeNull();
    await wantedRooms.tell(one.id, [
      { key: "web_rid:111", room: 5, told: "live", over: false },
      { key: "unique_id:gone", room: 6, told: "x", over: false },
    ]);
    expect(await wantedRooms.all()).toMatchObject([{ owner: "one", ownerId: one.id, told: "live", room: 5, toldAt: expect.any(Number) }]);
    expect(await wantedRooms.toldOf("web_rid:111")).toBe("live");
    // What was read before is known, though it is not read again.
    await runSql(url, "UPDATE told SET told_at = told_at - interval '10 s'");
    await wantedRooms.ask(B, 9);
    await own("unique_id:bee", one.id);
    await wantedRooms.tell(one.id, [{ key: "unique_id:bee", room: 6, told: "new", over: false }]);
    const read = await wantedRooms.all();
    expect(read.map(({ told }) => told)).toEqual(["new", "live"]);
    expect(await postgresWantedRooms(connection).all()).toMatchObject([{ told: "new" }, { told: "live" }]);
    await one.end();
    await until(async () => (await wantedRooms.all()).every(({ owner }) => owner === null));
    await wantedRooms.forget(5);
    expect(await keys()).toEqual(["unique_id:bee"]);
  });

  it("keeps a text that it has read, and reads one that has changed", async () => {
    await wantedRooms.ask(A, 9);
    await wantedRooms.ask(B, 9);
    const { id } = await member("one");
    await own("web_rid:111", id);
    await own("unique_id:bee", id);
    await wantedRooms.tell(id, [{ key: "web_rid:111", room: 5, told: "first", over: false }]);
    await wantedRooms.all();
    for (let n = 0; n < 3; n++) {
      await wantedRooms.tell(id, [{ key: "unique_id:bee", room: 6, told: `n${n}`, over: false }]);
      expect((await wantedRooms.all()).map(({ told }) => told)).toEqual([`n${n}`, "first"]);
    }
    await wantedRooms.tell(id, [{ key: "web_rid:111", room: 5, told: "second", over: false }]);
    expect((await wantedRooms.all()).map(({ told }) => told)).toEqual(["n2", "second"]);
    await wantedRooms.tell(id, [{ key: "web_rid:111", room: 5, told: "x".repeat(40_000), over: false }]);
    expect((await wantedRooms.all()).map(({ told }) => told)).toEqual(["n2", "second"]);
  });

  it("reads of many rooms those alone that have changed, and all of them where some are gone", async () => {
    await runSql(url, "INSERT INTO wanted(key, kind, value) SELECT 'web_rid:' || n, 'web_rid', n FROM generate_series(10001, 12000) n");
    const { id } = await member("one");
    let read = 0;
    const ask: RunWork = async (work) => {
      const answer = await connection.ask(work);
      if (Array.isArray(answer)) read += answer.length;
      return answer;
    };
    const { clock, write, lane } = connection;
    const watched = postgresWantedRooms({ clock, write, lane, ask, onClose: () => {} } as unknown as PostgresConnection);
    const all = async () => {
      read = 0;
      return watched.all();
    };
    expect(await all()).toHaveLength(2000);
    expect(read).toBe(2000);
    await own("web_rid:10001", id);
    await wantedRooms.tell(id, [{ key: "web_rid:10001", room: 5, told: "live", over: false }]);
    expect((await all())[0]).toMatchObject({ owner: "one", told: "live", room: 5 });
    expect(read).toBe(1);
    const before = await all();
    expect(read, "a row without a room").toBe(1);
    expect((await all()).every((room, at) => room === before[at])).toBe(true);
    await wantedRooms.forget({ kind: "web_rid", value: "11000" });
    await wantedRooms.ask(A, 9999);
    expect((await all()).filter(({ key }) => key === "web_rid:11000" || key === "web_rid:111").map(({ key }) => key)).toEqual([
      "web_rid:111",
    ]);
  });

  it("shows in one process what another has changed, also in transactions that end late and in any order", async () => {
    const other = new PostgresConnection(url, new FakeClock()); // it reads nothing anew
    const shown = postgresWantedRooms(other);
    const fresh = () => postgresWantedRooms(connection).all();
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record<Step>({
            by: fc.nat({ max: 2 }),
            what: fc.constantFrom("begin", "commit", "rollback", "ask", "ask", "forget", "own", "tell", "meet", "twin", "end", "look"),
            key: fc.nat({ max: 2 }),
          }),
          { minLength: 5, maxLength: 40 },
        ),
        async (steps) => {
          const doing = await Promise.all([0, 1, 2].map(() => transactions(url)));
          try {
            for (const { by, what, key } of steps) {
              if (what === "look") await shown.all();
              else await doing[by]?.(what, key);
            }
            await shown.all();
            for (const one of doing) await one("commit", 0);
            expect(await shown.all()).toEqual(await fresh());
          } finally {
            for (const one of doing) await one("close", 0);
          }
        },
      ),
      {
        numRuns: runsOf(100),
        examples: ["meet", "tell", "forget", "twin"].map((late): [Step[]] => [
          [
            { by: 0, what: "ask", key: 0 },
            { by: 0, what: "ask", key: 1 },
            { by: 1, what: "begin", key: 0 },
            { by: 1, what: late, key: 1 },
            { by: 2, what: "meet", key: 0 },
          ],
        ]),
      },
    );
    await other.close();
  });

  it("tells all names of a room what is told of one", async () => {
    await wantedRooms.ask(A, 9);
    await wantedRooms.ask(B, 9);
    const { id } = await member("one");
    await own("web_rid:111", id);
    await own("unique_id:bee", id);
    await runSql(url, "UPDATE wanted SET twin_of = 'web_rid:111' WHERE key = 'unique_id:bee'");
    await wantedRooms.tell(id, [{ key: "web_rid:111", room: 5, told: "live", over: false }]);
    expect(await wantedRooms.all()).toMatchObject([
      { key: "unique_id:bee", room: 5, told: "live" },
      { key: "web_rid:111", room: 5, told: "live" },
    ]);
  });

  it("names the rooms of a member of which nothing is kept that it told, whatever they are called", async () => {
    for (const name of [A, B, { kind: "web_rid", value: "222" }] as const) await wantedRooms.ask(name, 9);
    const [one, other] = [await member("one"), await member("other")];
    for (const key of ["web_rid:111", "unique_id:bee"]) await own(key, one.id);
    await own("web_rid:222", other.id);
    await runSql(url, "UPDATE wanted SET twin_of = 'web_rid:111' WHERE key = 'unique_id:bee'");
    const untold = async () => [...(await wantedRooms.untold(one.id))].sort();
    expect(await untold()).toEqual(["unique_id:bee", "web_rid:111"]);
    const tell = () => wantedRooms.tell(one.id, [{ key: "web_rid:111", room: 5, told: "live", over: false }]);
    await tell();
    expect(await untold()).toEqual([]);
    // One who had the room before told it last.
    await runSql(url, `UPDATE told SET member = ${other.id} WHERE key = 'unique_id:bee'`);
    expect(await untold()).toEqual(["unique_id:bee", "web_rid:111"]);
    await tell();
    expect(await untold()).toEqual([]);
    await runSql(url, "TRUNCATE told");
    expect(await untold()).toEqual(["unique_id:bee", "web_rid:111"]);
  });

  it("forgets what nobody has asked for, not while it is wanted by another name", async () => {
    await wantedRooms.ask(A, 9);
    await wantedRooms.ask(B, 9);
    await runSql(url, "UPDATE wanted SET twin_of = 'web_rid:111' WHERE key = 'unique_id:bee'");
    await wantedRooms.sweep(IDLE_MS);
    expect(await keys()).toEqual(["unique_id:bee", "web_rid:111"]);
    await age("web_rid:111", "601 s");
    await wantedRooms.sweep(IDLE_MS);
    expect(await keys()).toEqual(["unique_id:bee", "web_rid:111"]);
    await age("unique_id:bee", "601 s");
    await wantedRooms.sweep(IDLE_MS);
    expect(await keys()).toEqual([]);
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

  it("forgets who asked for a room that is paused", async () => {
    const room = await watchedRoom("222");
    await wantedRooms.ask({ kind: "web_rid", value: "222" }, 9);
    await wantedRooms.ask(B, 9);
    await wantedRooms.ask(A, 9);
    await runSql(url, `UPDATE wanted SET room = ${room} WHERE key = 'unique_id:bee'`);
    await store.rooms.setWatch(room, "paused");
    await wantedRooms.sweep(IDLE_MS);
    expect(await keys()).toEqual(["web_rid:111"]);
  });

  it("forgets after a minute what came to nothing, and takes up a watched room again", async () => {
    await wantedRooms.ask(A, 1);
    await watchedRoom("222");
    await wantedRooms.sweep(IDLE_MS);
    const { id } = await member("one");
    await own("web_rid:111", id);
    await own("web_rid:222", id);
    const over = () =>
      wantedRooms.tell(
        id,
        ["web_rid:111", "web_rid:222"].map((key) => ({ key, room: null, told: "no such account", over: true })),
      );
    await over();
    // It takes nobody's place.
    expect(await wantedRooms.ask(B, 1)).toBe(true);
    await runSql(url, "UPDATE told SET over_at = over_at - interval '59 s'");
    await over();
    await wantedRooms.sweep(IDLE_MS);
    expect(await keys()).toEqual(["unique_id:bee", "web_rid:111", "web_rid:222"]);
    await runSql(url, "UPDATE told SET over_at = over_at - interval '2 s'");
    await wantedRooms.sweep(IDLE_MS);
    expect(await wantedRooms.all()).toMatchObject([
      { key: "unique_id:bee" },
      { key: "web_rid:222", owner: null, told: null, watched: true },
    ]);
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
    for (const change of [() => wantedRooms.ask(A, 9), () => wantedRooms.changed(), () => wantedRooms.forget(A)]) {
      const before = wakes;
      await change();
      await until(() => wakes > before);
    }
    stop.abort();
    await done;
    await still.close();
  });
});
