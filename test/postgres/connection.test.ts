// Guards: lost, silent and absent PostgreSQL connections are noticed within seconds and replaced without lost reads.
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Clock } from "../../src/runtime/clock.js";
import { openPostgresStore, type PostgresStore } from "../../src/store/postgres/store.js";
import { FaultyLink } from "../chaos/faulty-link.js";
import { fastClock } from "../clock.js";
import { chat } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";
import { until } from "../until.js";
import { dropDatabase, newDatabase, runSql } from "./database.js";

async function database(): Promise<string> {
  const url = await newDatabase();
  onTestFinished(() => dropDatabase(url));
  return url;
}

async function open(url: string, clock: Clock, tell: (sentence: string) => void = () => {}): Promise<PostgresStore> {
  const store = await openPostgresStore({ url, clock, tell });
  onTestFinished(() => store.close());
  return store;
}

async function link(url: string): Promise<FaultyLink> {
  const made = await FaultyLink.to(url);
  onTestFinished(() => made.close());
  return made;
}

describe("a connection that ends", () => {
  it("is replaced before anybody is told, unless something was under way on it", async () => {
    const url = await database();
    const store = await open(url, fastClock(1));
    const { room, append } = await claimed(store);
    await append(chat("1"));
    for (let n = 0; n < 5; n++) {
      await runSql(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
      );
      const [page] = await Promise.all([store.log.readRoom(room, 0, 9), store.rooms.list(), store.retention.size(room)]);
      expect(page.events).toHaveLength(1);
    }
  });
});

describe("a database that is away", () => {
  it("is waited for two seconds, then missed at once, and found again by itself", async () => {
    const url = await database();
    const way = await link(url);
    const clock = fastClock(20);
    const told: string[] = [];
    const store = await open(way.url, clock, (sentence) => told.push(sentence));
    expect(store.server().away).toBeNull();
    await way.close();
    const { since } = (await until(() => store.server().away)) ?? { since: 0 };
    await expect(store.rooms.list()).rejects.toMatchObject({ code: "store_unreachable", detail: expect.stringContaining("ECONNREFUSED") });
    expect(clock.now() - since).toBeGreaterThanOrEqual(2000);
    const before = clock.now();
    const many = await Promise.allSettled(Array.from({ length: 50 }, () => store.rooms.list()));
    expect(many.every(({ status }) => status === "rejected")).toBe(true);
    expect(clock.now() - before).toBeLessThan(2000);
    const again = await FaultyLink.to(url, { at: way.port });
    onTestFinished(() => again.close());
    await until(() => store.server().away === null);
    expect(await store.rooms.list()).toEqual([]);
    expect(told).toEqual([expect.stringMatching(/cannot be reached.*ECONNREFUSED/), expect.stringMatching(/is back after \d+\.\d s/)]);
  });
});

describe("a database that takes what it is asked and says nothing", () => {
  it("is away after three seconds, with its connections standing, and there again with its next answer", async () => {
    const url = await database();
    const clock = fastClock(20);
    const store = await open(url, clock);
    await store.rooms.list();
    // Every connection waits behind this lock, as behind a server whose processes stand still.
    const name = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'BEGIN; LOCK%' AND state = 'active' AND datname = current_database()";
    const lock = runSql(url, "BEGIN; LOCK TABLE rooms IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(60)").catch(() => {});
    // Other tests' databases are copies of the same template: their tables have the same numbers.
    const held = `SELECT FROM pg_locks JOIN pg_database d ON d.oid = database AND d.datname = current_database()
      WHERE relation = 'rooms'::regclass AND mode = 'AccessExclusiveLock' AND granted`;
    await until(async () => (await runSql(url, held)).length > 0);
    const asked = clock.now();
    const reading = store.rooms.list();
    const { since, reason } = await until(() => store.server().away);
    expect(reason).toMatch(/^it has not answered for \d+ s$/);
    expect(since).toBeGreaterThanOrEqual(asked);
    await runSql(url, `SELECT pg_terminate_backend(pid) FROM (${name}) AS locks WHERE pid <> pg_backend_pid()`);
    await lock;
    expect(await reading).toEqual([]);
    expect(store.server().away).toBeNull();
  });
});

it("a connection whose answers are lost, while the database answers others, is replaced after 30 s", async () => {
  const url = await database();
  const way = await link(url);
  const store = await open(way.url, fastClock(20));
  const { room, append } = await claimed(store);
  await append(chat("1"));
  const { setTimeout: wait } = globalThis;
  vi.spyOn(globalThis, "setTimeout").mockImplementation(((call: () => void, ms: number) => wait(call, ms / 100)) as typeof wait);
  onTestFinished(() => void vi.restoreAllMocks());
  way.mute();
  const reading = store.log.readRoom(room, 0, 9);
  await until(() => way.lost > 0);
  way.unmute();
  expect((await reading).events).toHaveLength(1);
});

describe("several hosts", () => {
  it("are one database: whichever takes writes is used, and the next one when it is gone", async () => {
    const url = await database();
    const [one, two] = [await link(url), await link(url)];
    const hosts = (...urls: string[]) => url.replace(/127\.0\.0\.1:\d+/, urls.map((each) => new URL(each).host).join(","));
    const store = await open(hosts("x://127.0.0.1:1", one.url, two.url), fastClock(1));
    const { room, append } = await claimed(store);
    await append(chat("1"));
    await one.close();
    expect((await store.log.readRoom(room, 0, 9)).events).toHaveLength(1);
    await append(chat("2"));
    // A standby, or what is set like one.
    const name = new URL(url).pathname.slice(1);
    await runSql(url, `ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    await expect(open(hosts("x://127.0.0.1:1", two.url), fastClock(50))).rejects.toMatchObject({
      code: "store_unreachable",
      detail: expect.stringMatching(/takes no writes/),
    });
  });
});
