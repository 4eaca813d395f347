// Guards: the check of an SQLite store finds missing and damaged events, and what statistics say otherwise.
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { catchUp } from "../../src/statistics/reader.js";
import { check, checkStore } from "../../src/store/check.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { FakeClock } from "../clock.js";
import { chat, chats, gift } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";
import { plainWords } from "../statistics/plain-words.js";
import { useDirectory } from "./directory.js";

const path = useDirectory();

describe("check", () => {
  it("finds seqs that are missing without a record, at the start, in the middle and at the end", async () => {
    const file = path("holes.db");
    const store = openSqliteStore({ path: file });
    const { room, append } = await claimed(store);
    for (let part = 0; part < 3; part++) await append(...chats(1000, `${part}:`));
    await store.log.remove(room, 500, 1200, "retention");
    const other = new Database(file);
    other.exec("DELETE FROM events WHERE seq IN (1, 2, 1500, 1501, 1502, 3000)");
    expect(await check(store.log)).toEqual([
      { kind: "hole", room, from: 1, to: 2 },
      { kind: "hole", room, from: 1500, to: 1502 },
      { kind: "hole", room, from: 3000, to: 3000 },
    ]);
    other.exec("DELETE FROM removals");
    expect(await check(store.log)).toContainEqual({ kind: "hole", room, from: 500, to: 1200 });
    other.close();
    await store.close();
  });

  it("goes on after events that cannot be read", async () => {
    const file = path("damaged.db");
    const store = openSqliteStore({ path: file });
    const { room, append } = await claimed(store);
    await append(...chats(1500), gift("g", "k", 3, 3));
    const other = await claimed(store, "98766");
    await other.append(...chats(3, "other:"));
    await store.log.remove(room, 5, 9, "retention");
    await store.log.remove(room, 1200, 1210, "retention");
    await catchUp(store, plainWords);
    const others = new Database(file);
    // Not JSON any more, cut short, and gone.
    others.exec("UPDATE events SET body = replace(body, ':', ';') WHERE seq IN (11, 12, 1211) AND room = 1");
    others.exec("UPDATE events SET body = substr(body, 1, 20) WHERE seq = 1300 AND room = 1");
    others.exec("DELETE FROM events WHERE seq IN (1400) OR seq = 2 AND room = 2");
    others.close();
    const findings = [
      ...[11, 12, 1211, 1300].map((seq) => ({ kind: "damaged", room, seq })),
      { kind: "hole", room, from: 1400, to: 1400 },
      { kind: "hole", room: other.room, from: 2, to: 2 },
    ];
    expect(await check(store.log)).toEqual(findings);
    expect((await checkStore(store)).slice(0, findings.length)).toEqual(findings);
    expect((await checkStore(store)).slice(findings.length).every((one) => "room" in one && one.room === other.room)).toBe(true);
    await expect(store.log.readRoom(room, 1250, 500)).rejects.toMatchObject({
      code: "store_damaged",
      detail: `a row of the database cannot be read: event 1300 of room ${room}`,
    });
    await expect(store.log.lines(room, 1250, 1500, 500)).rejects.toMatchObject({ code: "store_damaged", seq: 1300 });
    await store.close();
  });

  it("finds what the statistics say otherwise", async () => {
    const file = path("derived.db");
    const store = openSqliteStore({ path: file });
    const { room, append } = await claimed(store);
    await append(...chats(200), gift("g", "k", 3, 3));
    await catchUp(store, plainWords);
    expect(await checkStore(store)).toEqual([]);
    const other = new Database(file);
    other.exec(`UPDATE statistics_sessions SET totals = replace(totals, '"units":3', '"units":4')`);
    expect(await checkStore(store)).toEqual([
      { kind: "statistics", room, sessionId: chats(1)[0]?.sessionId, what: "units", log: "3", counted: "4" },
    ]);
    other.close();
    await store.close();
  });

  it("finds nothing wrong with statistics that retention has dropped, or that outlive events in their midst", async () => {
    const store = openSqliteStore({ path: path("kept.db") });
    const { room, append } = await claimed(store);
    const [first, second] = [
      { sessionId: "s1", time: 1000 },
      { sessionId: "s2", time: 9000 },
    ];
    await append(chat("a", first), chat("b", second), chat("c", second), chat("d", second));
    await catchUp(store, plainWords);
    expect(await store.statistics.expire(room, 5000, 12_000)).toBe(true);
    await catchUp(store, plainWords);
    const missing = { kind: "statistics", room, sessionId: "s1", what: "events", log: "1", counted: "0" };
    const clock = new FakeClock(12_000);
    expect(await checkStore(store, { clock })).toEqual([missing]);
    expect(await checkStore(store, { clock, statisticsMaxAgeMs: 12_000 })).toEqual([missing]);
    expect(await checkStore(store, { clock, statisticsMaxAgeMs: 7000 })).toEqual([]);
    await store.retention.setLimits(room, "statistics", { maxAgeMs: 7000, maxBytes: null });
    expect(await checkStore(store, { clock })).toEqual([]);
    // As where a day is dropped whose events take turns with those of the next.
    await store.log.remove(room, 3, 3, "retention");
    expect(await checkStore(store, { clock })).toEqual([]);
    await store.close();
  });
});
