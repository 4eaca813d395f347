// Guards: a lock has one holder among all processes, ends with its holder, and says so when it is lost.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/runtime/clock.js";
import { PostgresConnection } from "../../src/store/postgres/connection.js";
import { PostgresLocks } from "../../src/store/postgres/distributed-locks.js";
import { until } from "../until.js";
import { dropDatabase, newDatabase, runSql } from "./database.js";

// Node tells each once in a process: from the beginning.
const warnings: string[] = [];
process.on("warning", ({ message }) => warnings.push(message));

const SIGNAL = new AbortController().signal;
let url: string;
let connections: PostgresConnection[];
let one: PostgresLocks;
let other: PostgresLocks;

beforeAll(async () => {
  url = await newDatabase();
});
afterAll(() => dropDatabase(url));
beforeEach(() => {
  connections = [new PostgresConnection(url, systemClock), new PostgresConnection(url, systemClock)];
  [one, other] = connections.map((connection) => new PostgresLocks(connection)) as [PostgresLocks, PostgresLocks];
});
afterEach(() => Promise.all(connections.map((connection) => connection.close())));

describe("holds of two processes", () => {
  it("are of one at a time; who has one is told that it is wanted", async () => {
    let wanted = 0;
    const release = await one.take("a:名", () => wanted++, SIGNAL);
    let got = false;
    const waiting = other
      .take("a:名", () => {}, SIGNAL)
      .then((give) => {
        got = true;
        return give;
      });
    await until(() => wanted === 1);
    await (await other.take("b", () => {}, SIGNAL))(); // another name waits for nobody
    expect(got).toBe(false);
    await release();
    await release();
    const give = await waiting;
    await give();
    await (await one.take("a:名", () => {}, SIGNAL))();
    expect(wanted).toBe(1);
  });

  it("are tried without a wait and without a word to the holder, and are seen by all", async () => {
    let wanted = 0;
    expect(await one.isHeld("tried")).toBe(false);
    const release = await one.tryTake("tried", () => wanted++);
    expect(await other.tryTake("tried", () => {})).toBeNull();
    expect([await one.isHeld("tried"), await other.isHeld("tried"), await other.isHeld("free")]).toEqual([true, true, false]);
    expect(wanted).toBe(0);
    const waiting = other.take("tried", () => {}, SIGNAL);
    await until(() => wanted === 1);
    await release?.();
    await (await waiting)();
    expect(await one.isHeld("tried")).toBe(false);
  });

  it("keep those apart who take turns as fast as they can", async () => {
    let inside = 0;
    let most = 0;
    const turns: string[] = [];
    const run = async (holds: PostgresLocks, name: string) => {
      for (let turn = 0; turn < 40; turn++) {
        const release = await holds.take("x", () => {}, SIGNAL);
        most = Math.max(most, ++inside);
        turns.push(name);
        await new Promise((resolve) => setTimeout(resolve, 1));
        inside--;
        await release();
      }
    };
    await Promise.all([run(one, "one"), run(other, "other")]);
    expect(most).toBe(1);
    expect(turns).toHaveLength(80);
  });

  it("end with the process that has them", async () => {
    const release = await one.take("x", () => {}, SIGNAL);
    await connections[0]?.close();
    const second = await other.take("x", () => {}, SIGNAL);
    await release();
    await second();
    await (await other.take("x", () => {}, SIGNAL))();
  });

  it("are told as lost to who has them when their connection is", async () => {
    const told: string[] = [];
    const releases = [await one.take("x", () => told.push("x"), SIGNAL), await one.tryTake("y", () => told.push("y"))];
    await other.take("z", () => told.push("z"), SIGNAL);
    await releases[1]?.();
    await runSql(
      url,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'dylive holds' AND datname = current_database()
         AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' ORDER BY pid)`,
    );
    await until(() => told.length === 2);
    expect(told.sort()).toEqual(["x", "z"]);
    const again = await other.take("x", () => told.push("again"), SIGNAL);
    await releases[0]?.();
    expect(await one.isHeld("x")).toBe(true);
    await again();
    expect(told).toHaveLength(2);
  });
});
