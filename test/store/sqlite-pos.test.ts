import Database from "better-sqlite3";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { check } from "../../src/store/check.js";
import { MAX_ROOM, MAX_SEQ, posOf, seqOf, storedId } from "../../src/store/sqlite/events.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { chat, chats } from "../contracts/events.js";
import { claimed, readAll } from "../contracts/harness.js";
import { useDirectory } from "./directory.js";

const path = useDirectory();
const room = fc.integer({ min: 0, max: MAX_ROOM });
const seq = fc.integer({ min: 0, max: MAX_SEQ });

describe("positions of events", () => {
  it("are exact, and rise with the room and then the seq", () => {
    expect(posOf(MAX_ROOM, MAX_SEQ)).toBe(Number.MAX_SAFE_INTEGER);
    fc.assert(
      fc.property(room, seq, room, seq, (r1, s1, r2, s2) => {
        const [one, two] = [posOf(r1, s1), posOf(r2, s2)];
        expect(seqOf(one)).toBe(s1);
        expect(Math.sign(one - two)).toBe(Math.sign(r1 - r2) || Math.sign(s1 - s2));
      }),
    );
  });

  it("hold for long logs, and the last seq is the last", async () => {
    const file = path("long.db");
    const store = openSqliteStore({ path: file });
    const { room, append } = await claimed(store);
    const next = await claimed(store, "next");
    await append(chat("first"));
    await next.append(chat("first"));
    const other = new Database(file);
    for (const head of [1_000_000, 2 ** 31 - 2, MAX_SEQ - 4]) {
      const before = (await store.log.heads([room])).get(room)?.head ?? 0;
      other.prepare("UPDATE heads SET head = ? WHERE room = ?").run(head, room);
      other.prepare("INSERT INTO removals VALUES (?, ?, ?, 'retention')").run(room, before + 1, head);
      expect(await append(...chats(3, `${head}:`))).toEqual([head + 1, head + 2, head + 3]);
    }
    expect(await append(chat("last"))).toEqual([MAX_SEQ]);
    await expect(append(chat("too many"))).rejects.toMatchObject({ code: "internal" });
    const { events } = await readAll(store.log, room);
    expect(events).toHaveLength(11);
    expect(events.at(-1)).toEqual({ ...chat("last"), seq: MAX_SEQ });
    expect((await readAll(store.log, next.room)).events).toEqual([{ ...chat("first"), seq: 1 }]);
    expect(await check(store.log)).toEqual([]);
    other.close();
    await store.close();
  });
});

describe("stored ids", () => {
  it("differ where the ids differ, and are integers for the platform's", () => {
    expect(storedId("7412345678901234567")).toBe(7412345678901234567n);
    expect(storedId("9223372036854775807")).toBe(9223372036854775807n);
    expect(storedId("9223372036854775808")).toBe("9223372036854775808");
    const id = fc.oneof(fc.stringMatching(/^[0-9]{1,20}$/), fc.string());
    fc.assert(
      fc.property(id, (value) => {
        const stored = storedId(value);
        expect(stored.toString()).toBe(value);
        if (typeof stored === "bigint") expect(stored).toBeLessThan(2n ** 63n);
      }),
    );
  });
});
