// Guards: processes that share a database give seqs without gaps, and days of events are dropped whole.

import pg from "pg";
import { afterEach, describe, expect, it } from "vitest";
import { catchUp } from "../../src/statistics/reader.js";
import { check } from "../../src/store/check.js";
import { POSTGRES } from "../../src/store/postgres/connection.js";
import { dayOf, EVENTS } from "../../src/store/postgres/events.js";
import { binaryArray, COLUMN_TYPES, PostgresSession } from "../../src/store/postgres/session.js";
import { openPostgresStore, type PostgresStore } from "../../src/store/postgres/store.js";
import { pageReader } from "../../src/store/sql/log.js";
import { chat, chats, gift } from "../contracts/events.js";
import { claimed, readAll } from "../contracts/harness.js";
import { plainWords } from "../statistics/plain-words.js";
import { dropDatabase, newDatabase, runSql } from "./database.js";

const DAY_MS = 86_400_000;
const DAY = Date.UTC(2026, 9, 1);
const stores: PostgresStore[] = [];
const urls: string[] = [];

/** Stores of as many processes on one new database. */
async function open(count: number): Promise<[PostgresStore, ...PostgresStore[]]> {
  const url = await newDatabase();
  urls.push(url);
  const opened = await Promise.all(Array.from({ length: count }, () => openPostgresStore({ url })));
  stores.push(...opened);
  return opened as [PostgresStore, ...PostgresStore[]];
}

afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  for (const url of urls.splice(0)) await dropDatabase(url);
});

/** An id of the platform that tells this time. */
const idAt = (ms: number, n = 0) => String((BigInt(Math.floor(ms / 1000)) << 32n) + BigInt(n));

describe("several processes on one database", () => {
  it("give seqs without gaps, in the order of commits, whoever writes to whichever rooms", async () => {
    const writers = await open(3);
    const names = ["a", "b", "c", "d"];
    const rooms = await Promise.all(names.map((name) => claimed(writers[0], name)));
    const stored = await Promise.all(
      writers.map(async (store, writer) => {
        const all: { room: number; seq: number; id: string }[] = [];
        for (let round = 0; round < 12; round++) {
          // Each writer names the rooms in another order: locks taken in this order would wait in a circle.
          const order = writer % 2 === 0 ? rooms : rooms.toReversed();
          const batches = order.map(({ room, epoch }) => ({ room, epoch, events: chats(3, `${writer}:${round}:${room}:`) }));
          // Everybody also sends the same event: one of them stores it.
          for (const batch of batches) batch.events.push(chat(`same:${round}`));
          const results = await store.log.append(batches);
          for (const [index, { room, stored: seqs }] of results.entries())
            for (const [at, seq] of (seqs ?? []).entries())
              if (seq !== null) all.push({ room, seq, id: batches[index]?.events[at]?.id ?? "" });
        }
        return all;
      }),
    );
    for (const { room } of rooms) {
      const own = stored.flat().filter((one) => one.room === room);
      const { events } = await readAll(writers[0].log, room);
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
      expect(own).toHaveLength(events.length);
      expect(events).toHaveLength(3 * 12 * 3 + 12);
      for (const { seq, id } of own) expect(events[seq - 1]?.id).toBe(id);
    }
    expect(await check(writers[0].log)).toEqual([]);
  });

  it("never show a reader a later seq before an earlier one", async () => {
    const [reader, ...writers] = await open(3);
    const { room, epoch } = await claimed(reader, "busy");
    const total = 2 * 60;
    let done = 0;
    const writing = writers.map(async (store, writer) => {
      for (let n = 0; n < 60; n++) {
        await store.log.append([{ room, epoch, events: [chat(`${writer}:${n}`)] }]);
        done++;
      }
    });
    const seen: number[] = [];
    while (seen.length < total) {
      const finished = done === total;
      const { events } = await reader.log.readRoom(room, seen.at(-1) ?? 0, 1000);
      seen.push(...events.map(({ seq }) => seq));
      if (finished && events.length === 0) break;
    }
    await Promise.all(writing);
    expect(seen).toEqual(Array.from({ length: total }, (_, index) => index + 1));
  });

  it("wake each other", async () => {
    const [one, two] = await open(2);
    const { append } = await claimed(two as PostgresStore, "new");
    const stop = new AbortController();
    const seen: string[] = [];
    let at = 0;
    await append(chat("1"));
    for await (const _ of one.log.wakes(stop.signal)) {
      const { events, scanned } = await one.log.read(at, 9);
      seen.push(...events.map(({ id }) => id));
      if (at === 0 && scanned > 0) await append(chat("2"));
      at = scanned;
      if (seen.length === 2) stop.abort();
    }
    expect(seen).toEqual(["1", "2"]);
  });

  it("make one room of one name, and one key of their own", async () => {
    const stores = await open(4);
    const keys = await Promise.all(stores.flatMap(({ rooms }) => [0, 1, 2].map(() => rooms.ensure([{ kind: "uid", value: "7" }]))));
    expect(new Set(keys).size).toBe(1);
    expect(new Set(await Promise.all(stores.map(({ secrets }) => secrets.pseudonymKey()))).size).toBe(1);
    expect(new Set(stores.map(({ log }) => log.id)).size).toBe(1);
  });
});

describe("days", () => {
  it("are told by the id alone", () => {
    expect(dayOf(idAt(DAY))).toBe(DAY / DAY_MS);
    expect(dayOf(idAt(DAY - 1000, 2 ** 32 - 1))).toBe(DAY / DAY_MS - 1);
    expect(dayOf(`${idAt(DAY)}:WebcastLikeMessage`)).toBe(DAY / DAY_MS);
    expect(dayOf(`gap:${DAY}`)).toBe(DAY / DAY_MS);
    expect(dayOf(`state:${DAY - 1}:live`)).toBe(DAY / DAY_MS - 1);
    for (const id of ["1", "h:0123456789abcdef", `settle:${idAt(DAY)}`, "gap:1", `gap:${DAY}0`, "9".repeat(20), `x${idAt(DAY)}`])
      expect([id, dayOf(id)]).toEqual([id, 0]);
  });

  it("have a table each, and an event is found again in its own, whatever time it says", async () => {
    const [store] = await open(1);
    const { append } = await claimed(store);
    const id = idAt(DAY + 5);
    expect(await append(chat(id), chat(idAt(DAY + DAY_MS)), chat("undated"))).toEqual([1, 2, 3]);
    expect(await append(chat(id, { time: DAY + 30 * DAY_MS, receivedAt: DAY + 90 * DAY_MS }))).toEqual([null]);
    const tables = await runSql<{ name: string; events: number }>(
      urls[0] ?? "",
      `SELECT c.relname AS name, (xpath('/row/n/text()', query_to_xml('SELECT count(*) AS n FROM ' || c.relname, false, true, '')))[1]::text::int
       AS events FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'events'::regclass ORDER BY 1`,
    );
    expect(tables).toEqual([
      { name: "events_20261001", events: 1 },
      { name: "events_20261002", events: 1 },
      { name: "events_undated", events: 1 },
    ]);
  });

  it("are dropped whole: recorded as removed, refused from then on, and told apart around midnight", async () => {
    const [store] = await open(1);
    const [one, two] = [await claimed(store, "a"), await claimed(store, "b")];
    const midnight = DAY + DAY_MS;
    await one.append(
      chat(idAt(DAY)),
      chat(idAt(midnight)),
      chat(idAt(DAY, 1)),
      chat("undated"),
      chat(idAt(DAY, 2)),
      chat(idAt(midnight, 1)),
    );
    await two.append(chat(idAt(midnight)), { ...gift(idAt(DAY, 9), "c", 2, 2), text: undefined } as ReturnType<typeof gift>);
    await store.log.remove(one.room, 2, 2, "retention");
    await catchUp(store, plainWords);
    expect(await store.retention.dropDays(midnight - 1)).toBe(0);
    expect(await store.retention.dropDays(midnight)).toBe(1);
    expect(await store.retention.dropDays(midnight)).toBe(0);
    const kept = await readAll(store.log, one.room);
    expect(kept.events.map(({ seq }) => seq)).toEqual([4, 6]);
    expect(kept.removed).toEqual([
      [1, 3],
      [5, 5],
    ]);
    expect((await readAll(store.log, two.room)).events.map(({ seq }) => seq)).toEqual([1]);
    expect(await check(store.log)).toEqual([]);
    expect(await store.log.combos(two.room, ["c"])).toEqual(new Map());
    const { room, epoch } = one;
    const again = [chat(idAt(DAY)), chat(idAt(midnight, 7)), chat(idAt(DAY, 5))];
    expect(await store.log.append([{ room, epoch, events: again }])).toEqual([{ room, head: 7, stored: [null, 7, null], tooOld: 2 }]);
    // Another process that had the table's name in memory finds out by itself.
    expect(await store.log.heads([room])).toEqual(new Map([[room, { oldest: 4, head: 7 }]]));
  });

  it("are not dropped while somebody reads them: a page says what was there, or that it was removed", async () => {
    const [store] = await open(1);
    const { room, append } = await claimed(store);
    await append(chat(idAt(DAY)));
    const client = new pg.Client({ connectionString: urls[0], types: COLUMN_TYPES });
    await client.connect();
    const session = new PostgresSession(client);
    const { page } = pageReader(POSTGRES, EVENTS);
    await session.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    // Planned, but no event read yet.
    await session.perform(page(room, 0, 0, {}, "ASC"));
    expect(await store.retention.dropDays(DAY + DAY_MS)).toBe(0);
    expect((await session.perform(page(room, 0, 9, {}, "ASC"))).events).toHaveLength(1);
    await session.run("COMMIT");
    await client.end();
    expect(await store.retention.dropDays(DAY + DAY_MS)).toBe(1);
    expect(await store.log.readRoom(room, 0, 9)).toMatchObject({ rows: [], events: [], scanned: 1, head: 1, removed: [1, 1] });
  });
});

describe("texts", () => {
  it("that PostgreSQL cannot hold come back as they were, in every part of the store", async () => {
    const [store] = await open(1);
    const odd = "a\u0000b\u001ac\ud800d\u001a0000";
    const room = await store.rooms.ensure([{ kind: "unique_id", value: odd }], { title: odd });
    expect(await store.rooms.find({ kind: "unique_id", value: odd })).toBe(room);
    expect(await store.rooms.find({ kind: "unique_id", value: "ab\u001ac\ud800d\u001a0000" })).toBeNull();
    expect((await store.rooms.aliases(room))[0]?.value).toBe(odd);
    expect((await store.rooms.get(room))?.title).toBe(odd);
    expect(await store.sessions.open(room, odd, 1, odd)).toMatchObject({ sessionId: odd, title: odd });
    await store.positions.set(`${odd}:x`, 4);
    await store.positions.forgetAll(odd);
    expect(await store.positions.get(`${odd}:x`)).toBeNull();
  });
});

it("arrays are given in binary form as they are, and a value that is none of their type is refused", async () => {
  const url = await newDatabase();
  urls.push(url);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const given = {
    text: ["", null, '{"a":"\\u0000\\\\,{}"}', "NULL", "雨后 👨‍👩‍👧", "x".repeat(70_000), "{1,2}"],
    bigint: [0, -1, null, Number.MAX_SAFE_INTEGER, -(2 ** 62)],
    integer: [0, null, 2 ** 31 - 1, -(2 ** 31)],
    boolean: [true, null, false],
  } as const;
  try {
    for (const [type, values] of Object.entries(given) as [keyof typeof given, (typeof given)[keyof typeof given]][])
      for (const some of [values, [], [null]]) {
        // As the server's own array of the same elements, told apart by it alone.
        const { rows } = await client.query(
          `SELECT $1::${type}[] IS NOT DISTINCT FROM $2::text[]::${type}[] AS same, cardinality($1) AS n`,
          [binaryArray(type, some), some.map((one) => (typeof one === "number" ? String(BigInt(one)) : one))],
        );
        expect([type, ...rows]).toEqual([type, { same: true, n: some.length }]);
      }
  } finally {
    await client.end();
  }
  const wrong = { bigint: [2 ** 63, 0.5, Number.NaN, "many", {}], integer: [2 ** 31, 1.5], boolean: ["maybe", 1], text: [1, {}] };
  for (const [type, values] of Object.entries(wrong) as [keyof typeof wrong, unknown[]][])
    for (const value of values)
      expect(() => binaryArray(type, [null, value as null])).toThrow(expect.objectContaining({ code: "bad_request" }));
});
