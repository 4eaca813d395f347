// Guards: several processes on one SQLite file share its seqs and wake each other's readers.
import { describe, expect, it } from "vitest";
import { check } from "../../src/store/check.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import type { Store } from "../../src/store/store.js";
import { chat } from "../contracts/events.js";
import { claimed, readAll } from "../contracts/harness.js";
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
  it("share the seqs of a room, and each sees the other's events", { tags: ["full"] }, async () => {
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
    expect((await one.log.readRoom(room, 0, 10)).events).toHaveLength(2);
    // The head is read in the transaction, not remembered.
    expect(await one.log.append([{ room, epoch, events: [chat("2"), chat("3")] }])).toEqual([{ room, head: 3, stored: [null, 3] }]);
    stop.abort();
    await Promise.all([one.close(), two.close()]);
  });
});
