// Guards: calls of one turn share one transaction, the next one waits as long as the disk needs, a failing call fails alone, and a full or locked store says so.
import Database from "better-sqlite3";
import { afterEach, describe, expect, it, vi } from "vitest";
import { GroupWriter, LOCK_MS } from "../../src/store/sqlite/writer.js";
import { useDirectory } from "./directory.js";

const path = useDirectory();

function open() {
  const commits: string[] = [];
  const database = new Database(path("writer.db"), {
    verbose: (sql) => {
      if (sql === "COMMIT" || sql === "ROLLBACK") commits.push(sql);
    },
  });
  database.exec("CREATE TABLE t(x INTEGER PRIMARY KEY) STRICT");
  database.pragma(`busy_timeout = ${LOCK_MS}`);
  const insert = database.prepare<[unknown]>("INSERT INTO t VALUES (?)");
  const writer = new GroupWriter(database);
  const add = (value: unknown, weight?: number) => writer.submit(() => insert.run(value).changes, weight);
  return { database, writer, add, commits, all: () => database.prepare("SELECT x FROM t ORDER BY x").pluck().all() };
}

describe("group commit", () => {
  it("puts calls of one turn into one transaction, in order", async () => {
    const { add, all, commits, database } = open();
    expect(await Promise.all([add(1), add(2), add(3)])).toEqual([1, 1, 1]);
    expect(all()).toEqual([1, 2, 3]);
    expect(commits).toEqual(["COMMIT"]);
    database.close();
  });

  it("lets a failing call fail alone, and says who is to blame", async () => {
    const { add, all, database, writer } = open();
    const results = await Promise.allSettled([add(1), add({}), add(1), add("text"), add(2)]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "rejected", "fulfilled"]);
    for (const result of results) if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "bad_request" });
    expect(all()).toEqual([1, 2]);
    await expect(writer.submit(() => database.exec("SELECT * FROM nowhere"))).rejects.toMatchObject({ code: "internal" });
    expect(database.inTransaction).toBe(false);
    database.close();
  });

  it("says that the disk is full, keeps nothing of the call, and goes on when there is room", async () => {
    const { database, writer } = open();
    database.exec("CREATE TABLE texts(x TEXT)");
    const insert = database.prepare<[string]>("INSERT INTO texts VALUES (?)");
    const fill = () => {
      for (let index = 0; index < 50; index++) insert.run("x".repeat(4000));
    };
    const count = database.prepare("SELECT count(*) FROM texts").pluck();
    database.pragma("max_page_count = 20");
    const results = await Promise.allSettled([writer.submit(() => insert.run("small")), writer.submit(fill)]);
    expect(results).toMatchObject([{ status: "fulfilled" }, { status: "rejected", reason: { code: "disk_full" } }]);
    expect(count.get()).toBe(1);
    database.pragma("max_page_count = 2000");
    await writer.submit(fill);
    expect(count.get()).toBe(51);
    database.close();
  });

  it("keeps transactions short: many waiting events are split between calls", async () => {
    const { add, commits, database } = open();
    await Promise.all([add(1, 4000), add(2, 4000), add(3, 9000), add(4, 10)]);
    expect(commits).toHaveLength(4);
    database.close();
  });

  it("refuses calls when too many events wait", async () => {
    const { add, database } = open();
    const [first, second, third] = [add(1, 150_000), add(2, 50_000), add(3, 1)];
    await expect(third).rejects.toMatchObject({ code: "internal", detail: expect.stringContaining("200000 events wait") });
    expect(await Promise.all([first, second])).toEqual([1, 1]);
    expect(await add(3, 300_000)).toBe(1);
    database.close();
  });

  it("tries again, between turns of the event loop, while another has the write lock", async () => {
    const { add, all, commits, database } = open();
    const other = new Database(database.name);
    other.exec("BEGIN IMMEDIATE");
    const added = add(1);
    let isSettled = false;
    void added.finally(() => {
      isSettled = true;
    });
    for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setTimeout(resolve, 1));
    expect([isSettled, commits]).toEqual([false, []]);
    other.exec("COMMIT");
    expect(await added).toBe(1);
    expect(all()).toEqual([1]);
    other.close();
    database.close();
  });
});

describe("the pause between groups", () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it("begins after a shared commit, and is cut short by many waiting events", async () => {
    let now = 0;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setImmediate", "clearImmediate"] });
    vi.spyOn(performance, "now").mockImplementation(() => now);
    const { add, commits, database, writer } = open();
    const pass = (ms: number) => {
      now += ms;
      vi.advanceTimersByTime(ms);
      return commits.length;
    };
    const slow = writer.submit(() => {
      now += 30; // the disk is slow
    });
    const added = [slow, add(1)];
    expect(pass(0)).toBe(1);
    added.push(add(2));
    expect([pass(19), pass(1)]).toEqual([1, 2]);
    added.push(add(3)); // the one before was alone
    expect(pass(0)).toBe(3);
    added.push(add(4), add(5));
    expect(pass(0)).toBe(4);
    added.push(add(6, 500));
    expect(pass(1)).toBe(4);
    added.push(add(7, 500));
    expect(pass(0)).toBe(5);
    await Promise.all(added);
    database.close();
  });
});
