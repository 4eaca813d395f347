import { once } from "node:events";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { check } from "../../src/store/check.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import type { Store } from "../../src/store/store.js";
import { chat } from "../contracts/events.js";
import { claimed, readAll } from "../contracts/harness.js";
import { until } from "../until.js";
import { type Child, startChild } from "./child/spawn.js";
import { useDirectory } from "./directory.js";

const path = useDirectory();

interface Acknowledged {
  readonly seq: number;
  readonly id: string;
}

async function acknowledgedBy(child: Child): Promise<readonly Acknowledged[]> {
  const acknowledged: Acknowledged[] = [];
  for await (const line of child.lines) {
    // The line that the kill cut off was not acknowledged to anybody.
    if (line.endsWith("}")) acknowledged.push(JSON.parse(line));
  }
  return acknowledged;
}

async function expectSound(store: Store, acknowledged: readonly Acknowledged[]): Promise<readonly string[]> {
  const room = await store.rooms.ensure([{ kind: "web_rid", value: "shared" }]);
  const { events } = await readAll(store.log, room, 0, 1000);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  const ids = events.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { seq, id } of acknowledged) expect(ids[seq - 1]).toBe(id);
  expect(await check(store.log)).toEqual([]);
  return ids;
}

describe("several processes on one file", () => {
  it("share the seqs of a room, and each sees the other's events", async () => {
    const file = path("shared.db");
    // Both open a file that does not exist yet: the schema is made once.
    const children = await Promise.all(["a", "b"].map((name) => startChild("appender.ts", file, name, "600", "3")));
    const acknowledged = (await Promise.all(children.map(acknowledgedBy))).flat();
    expect(acknowledged).toHaveLength(1200);
    const store = openSqliteStore({ path: file });
    expect(await expectSound(store, acknowledged)).toHaveLength(1200);
    await store.close();
  });

  it("wake each other's readers", async () => {
    const file = path("wakes.db");
    const [one, two] = [openSqliteStore({ path: file }), openSqliteStore({ path: file })];
    const stop = new AbortController();
    const wakes = one.log.wakes(stop.signal)[Symbol.asyncIterator]();
    const woken = wakes.next();
    // A room that the reader's process has never heard of.
    const { room, epoch, append } = await claimed(two, "new");
    await append(chat("1"));
    expect((await woken).value).toEqual(new Set([room]));
    const again = wakes.next();
    await append(chat("2"));
    expect((await again).value).toEqual(new Set([room]));
    expect((await one.log.read(room, 0, 10)).events).toHaveLength(2);
    // The head is read in the transaction, not remembered.
    expect(await one.log.append([{ room, epoch, events: [chat("2"), chat("3")] }])).toEqual([{ room, head: 3, stored: [null, 3] }]);
    stop.abort();
    await Promise.all([one.close(), two.close()]);
  });

  it("wake each other's readers also while both append, in whatever proportion", async () => {
    const file = path("both.db");
    const [one, two] = [openSqliteStore({ path: file }), openSqliteStore({ path: file })];
    const own = await claimed(one, "own");
    const other = await claimed(two, "other");
    const stop = new AbortController();
    const wakes = one.log.wakes(stop.signal)[Symbol.asyncIterator]();
    const woken: number[] = [];
    const reading = (async () => {
      for (let next = await wakes.next(); next.done !== true; next = await wakes.next()) woken.push(...next.value);
    })().catch(() => {});
    const times = () => woken.filter((room) => room === other.room).length;
    for (const [round, mine] of [0, 1, 3, 1].entries()) {
      const before = times();
      for (let n = 0; n < mine; n++) await own.append(chat(`own ${round} ${n}`));
      await other.append(chat(`other ${round}`));
      await until(() => times() > before);
    }
    // What this process appends is no reason to read the heads of all rooms, and is told at once all the same.
    const mine = woken.filter((room) => room === own.room).length;
    await own.append(chat("own, last"));
    await until(() => woken.filter((room) => room === own.room).length > mine);
    stop.abort();
    await Promise.all([one.close(), two.close(), reading]);
  });

  it("wait for a lock without holding up the event loop", async () => {
    const file = path("busy.db");
    const store = openSqliteStore({ path: file });
    const { append } = await claimed(store);
    const other = new Database(file);
    other.exec("BEGIN IMMEDIATE");
    let turns = 0;
    const ticking = setInterval(() => turns++, 20);
    let ended = false;
    const appended = append(chat("1")).finally(() => {
      ended = true;
    });
    await until(() => turns > 2);
    expect(ended).toBe(false);
    other.exec("COMMIT");
    expect(await appended).toEqual([1]);
    other.exec("BEGIN IMMEDIATE");
    const refused = append(chat("2"));
    const [outcome] = await Promise.allSettled([refused, store.close()]);
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "store_locked" } });
    clearInterval(ticking);
    other.close();
  });
});

describe("kill -9 of an appending process", () => {
  it.each(["1", "40"])("loses nothing that was acknowledged (batches of %s)", async (size) => {
    const file = path("killed.db");
    let acknowledged: readonly Acknowledged[] = [];
    for (const [round, delayMs] of [60, 140].entries()) {
      const child = await startChild("appender.ts", file, `r${round}`, "0", size);
      const reading = acknowledgedBy(child);
      await once(child.process.stdout, "data");
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      child.process.kill("SIGKILL");
      acknowledged = [...acknowledged, ...(await reading)];
      const store = openSqliteStore({ path: file });
      const ids = await expectSound(store, acknowledged);
      expect(ids.length).toBeGreaterThanOrEqual(acknowledged.length);
      await store.close();
    }
    expect(acknowledged.length).toBeGreaterThan(Number(size));
  });
});
