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
  it("of many names are asked for one after the other: the driver warns of nothing", async () => {
    const names = Array.from({ length: 20 }, (_, n) => `many:${n}`);
    const releases = await Promise.all(names.map((name) => one.take(name, () => {}, SIGNAL)));
    await Promise.all(releases.map((release) => release()));
    await Promise.all((await Promise.all(names.map((name) => other.take(name, () => {}, SIGNAL)))).map((release) => release()));
    expect(warnings).toEqual([]);
  });

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

  it("end with the process that has them, and with its connection", async () => {
    const release = await one.take("x", () => {}, SIGNAL);
    await connections[0]?.close();
    const second = await other.take("x", () => {}, SIGNAL);
    await release();
    const third = new PostgresConnection(url, systemClock);
    connections.push(third);
    // Whoever waits is told that the database went away, or has it after that.
    const cut = new PostgresLocks(third)
      .take("x", () => {}, SIGNAL)
      .then(
        (give) => give(),
        (error: unknown) => expect(error).toMatchObject({ code: "store_unreachable" }),
      );
    await runSql(
      url,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'dylive holds' AND datname = current_database()",
    );
    await cut;
    await second();
    await (await other.take("x", () => {}, SIGNAL))();
  });

  it("are taken on a new connection when the one that was there is lost, whether that was noticed or not", async () => {
    for (let round = 0; round < 10; round++) {
      let ended = false;
      const ending = runSql(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'dylive holds' AND datname = current_database()",
      ).then(() => {
        ended = true;
      });
      // The end comes while a name is asked for, held or given up.
      while (!ended) await (await one.take("x", () => {}, SIGNAL))();
      await ending;
      await (await one.take("x", () => {}, SIGNAL))();
    }
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

  it("are not waited for by who has gone", async () => {
    const release = await one.take("x", () => {}, SIGNAL);
    const gone = new AbortController();
    const waiting = other.take("x", () => {}, gone.signal);
    gone.abort(new Error("gone"));
    await expect(waiting).rejects.toThrow("gone");
    await release();
    await (await other.take("x", () => {}, SIGNAL))();
  });
});
