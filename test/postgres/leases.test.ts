import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/runtime/clock.js";
import { sqlRooms } from "../../src/store/sql/rooms.js";
import { until } from "../until.js";
import { type Process, rounds, sizes, useProcesses } from "./process.js";

const { sql, start, wanted, wantedOnly } = useProcesses();

describe("leases of rooms", () => {
  it("are shared out as processes join, and each room moves at most once", async () => {
    const [a, b] = [await start(), await start()];
    await wanted(30);
    await rounds(1, a, b);
    expect(sizes(a, b)).toEqual([15, 15]);
    expect([...a.has.values()].every(({ how }) => how === "free")).toBe(true);
    const c = await start();
    await rounds(4, a, b, c);
    expect(sizes(a, b, c)).toEqual([10, 10, 10]);
    // Thirty taken at first, and ten moved.
    expect(a.taken + b.taken + c.taken).toBe(40);
    await rounds(3, a, b, c);
    expect(a.taken + b.taken + c.taken).toBe(40);
    expect(new Set([a, b, c].flatMap(({ has }) => [...has.keys()])).size).toBe(30);
  });

  it("that were forgotten and are wanted again between two beats are begun anew", async () => {
    const a = await start();
    await wantedOnly(1);
    await rounds(1, a);
    const taken = a.taken;
    await sql("DELETE FROM wanted");
    await wantedOnly(1);
    await a.beat();
    expect(a.taken).toBe(taken + 1);
    expect(a.has.size).toBe(1);
  });

  it("stay with an owner that offers them until the taker has claimed", async () => {
    const a = await start();
    const [room = 0] = await wanted(4);
    await rounds(1, a);
    const b = await start();
    await b.beat();
    await a.beat();
    await b.beat();
    expect([...b.has.values()].map(({ how }) => how)).toEqual(["offered", "offered"]);
    expect(a.has.size).toBe(4);
    const moving = [...b.has.values()].find((lease) => lease.room === room) ?? [...b.has.values()][0];
    if (moving?.room == null) throw new Error("nothing is on offer");
    expect(await a.membership.claim(moving.key, moving.room)).toBe(1);
    expect(await b.membership.claim(moving.key, moving.room)).toBe(2);
    expect(await a.membership.claim(moving.key, moving.room)).toBeNull();
    expect([await a.membership.owns(moving.key), await b.membership.owns(moving.key)]).toEqual([false, true]);
    await a.beat();
    expect(a.has.size).toBe(3);
  });

  it("move as many as they should, whatever the planner believes of the table", async () => {
    const a = await start();
    await wantedOnly(1);
    await sql("VACUUM ANALYZE wanted"); // as autovacuum does: from now on it is thought to have one row
    await sql("DELETE FROM wanted");
    await wantedOnly(40);
    await rounds(1, a);
    const b = await start();
    await b.beat();
    await a.beat();
    expect(await sql("SELECT count(*) AS n FROM wanted WHERE offered")).toEqual([{ n: "20" }]);
    await sql("UPDATE wanted SET offered = true");
    await b.beat();
    expect(b.has.size).toBe(20);
  });

  it("are offered anew when their taker does nothing", async () => {
    const times = { takeMs: 300 };
    const a = await start(times);
    await wanted(4);
    await rounds(1, a);
    const b = await start(times);
    for (let i = 0; i < 3; i++) for (const one of [a, b]) await one.beat();
    expect([...b.has.values()].map(({ how }) => how)).toEqual(["offered", "offered"]);
    const c = await start(times);
    for (let i = 0; i < 200 && c.has.size === 0; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      await c.beat();
    }
    expect(c.has.size).toBe(1);
    await b.beat();
    expect(b.has.size).toBeLessThan(2);
    expect(a.has.size).toBe(4);
    await rounds(2, a, b, c);
    expect(sizes(a, b, c)).toEqual([2, 1, 1]);
  });

  it("of a process whose session ended are taken by the next beat of the others", async () => {
    const [a, b, c] = [await start(), await start(), await start()];
    await wanted(30);
    await rounds(1, a, b, c);
    await c.die();
    await rounds(1, a, b);
    expect(sizes(a, b)).toEqual([15, 15]);
    expect([...a.has.values()].filter(({ how }) => how === "dead")).toHaveLength(5);
    // It lives after all: it learns what it lost, and is given its share anew.
    await c.beat();
    expect(c.has.size).toBe(0);
    expect(c.silentMs).not.toBeNull();
    await rounds(4, a, b, c);
    expect([a, b, c].map(({ silentMs }) => silentMs)).toEqual([null, null, null]);
    expect(sizes(a, b, c)).toEqual([10, 10, 10]);
  });

  it("of a process that has not beaten for its time are taken, though its session stands; it learns that", async () => {
    // Only the one that falls silent has a short time: on a busy machine the other is slow, and takes nothing while it doubts itself.
    const times = { ttlMs: 1500 };
    const [a, b] = [await start(), await start(times)];
    const [room = 0] = await wanted(4);
    await rounds(1, a, b);
    const key = [...b.has.values()].find((lease) => lease.room !== null)?.key ?? "";
    const held = b.has.get(key)?.room ?? room;
    const epoch = await b.membership.claim(key, held);
    for (let i = 0; i < 1000 && a.has.size < 4; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      await a.beat();
    }
    expect(a.has.size).toBe(4);
    expect(await b.membership.claim(key, held)).toBeNull();
    expect(await a.membership.claim(key, held)).toBe((epoch ?? 0) + 1);
    await b.beat();
    expect(b.has.size).toBe(0);
    expect(b.silentMs).toBeGreaterThanOrEqual(times.ttlMs);
  });

  it("are not taken from the dead by whoever is back first after a time without the database", async () => {
    const times = { graceMs: 2000, ttlMs: 12_000 };
    const [a, b] = [await start(times), await start(times)];
    await wantedOnly(20);
    await rounds(1, a, b);
    await Promise.all([a.die(), b.die()]);
    const until = Date.now() + 250;
    while (Date.now() < until) await a.beat().catch(() => {});
    expect(sizes(a, b)).toEqual([10, 10]);
    for (let i = 0; i < 5000 && a.has.size < 20; i++) await a.beat();
    await b.beat().catch(() => {});
    // It was back too late: its time is over.
    expect(sizes(a, b)).toEqual([20, 0]);
  });

  it("stay with a process whose clock is set back: it goes on saying that it lives", async () => {
    let backMs = 0;
    const a = await start({ ttlMs: 800 }, 1000, { ...systemClock, now: () => systemClock.now() - backMs });
    await a.beat();
    backMs = 3_600_000;
    await sql("UPDATE members SET expires_at = clock_timestamp()");
    await until(async () => {
      await a.beat();
      return (await sql("SELECT 1 FROM members WHERE expires_at > clock_timestamp()")).length === 1;
    });
  });

  it("are not taken by whoever beats first after the clock of all was set forward, by which all look dead", async () => {
    let aheadMs = 0;
    const times = { graceMs: 600_000 };
    const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
    const [a, b] = [await start(times, 1000, clock), await start(times, 1000, clock)];
    await wantedOnly(20);
    await rounds(1, a, b);
    aheadMs = 3_600_000;
    await sql("UPDATE members SET expires_at = clock_timestamp() - interval '50 minutes'");
    await a.beat();
    await b.beat();
    expect(sizes(a, b)).toEqual([10, 10]);
  });

  it("of one who leaves are free at once, and of one who drains move while he goes on", async () => {
    const [a, b] = [await start(), await start()];
    await wanted(10);
    await rounds(1, a, b);
    expect(await a.membership.drain()).toBe(true);
    await rounds(3, a, b);
    expect(sizes(a, b)).toEqual([0, 10]);
    await a.membership.leave();
    await b.membership.leave();
    const c = await start();
    await rounds(1, c);
    expect(c.has.size).toBe(10);
    expect([...c.has.values()].every(({ how }) => how === "free")).toBe(true);
    await expect(a.membership.beat()).rejects.toMatchObject({ code: "stopping" });
  });

  it("go to a process up to its capacity, those of the watch list first", async () => {
    const a = await start({}, 3);
    await wantedOnly(6);
    await sql("UPDATE wanted SET watched = true WHERE value IN ('4', '6')");
    await rounds(2, a);
    expect([...a.has.keys()].sort()).toEqual(["web_rid:1", "web_rid:4", "web_rid:6"]);
    expect(a.has.get("web_rid:4")).toEqual({
      ...{ key: "web_rid:4", name: { kind: "web_rid", value: "4" } },
      ...{ room: null, watched: true, settings: null, how: "free" },
    });
  });

  it("tell when the room is met, and when its settings change", async () => {
    const a = await start();
    await wantedOnly(1);
    await a.beat();
    const rooms = sqlRooms(a.connection);
    const room = await rooms.ensure([{ kind: "web_rid", value: "1" }]);
    await a.membership.claim("web_rid:1", room);
    const [met] = (await a.membership.beat()).changed;
    expect(met).toMatchObject({ key: "web_rid:1", room, settings: { account: null } });
    await rooms.setSettings(room, { account: "mine" });
    expect((await a.membership.beat()).changed).toMatchObject([{ settings: { account: "mine" } }]);
    expect(await a.membership.beat()).toEqual({ taken: [], changed: [], lost: [] });
  });

  it("end when the room is no longer wanted", async () => {
    const a = await start();
    await wantedOnly(3);
    await rounds(1, a);
    await sql("DELETE FROM wanted WHERE value = '1'");
    await rounds(1, a);
    expect([...a.has.keys()]).toEqual(["web_rid:2", "web_rid:3"]);
  });

  it("that are declined stay with an owner who goes on, are offered to others, and come when the owner drains", async () => {
    const a = await start();
    await wanted(3);
    await rounds(1, a);
    const b = await start();
    const offered = async () => {
      await a.beat();
      await b.beat();
      return [...b.has.values()].map(({ key, how }) => [key, how]);
    };
    for (const key of ["web_rid:1000", "web_rid:1001", "web_rid:1002"]) {
      expect(await offered()).toEqual([[key, "offered"]]);
      await b.membership.decline(key, 60_000);
    }
    for (let n = 0; n < 3; n++) expect(await offered()).toEqual([]);
    expect(a.has.size).toBe(3);
    const c = await start();
    await rounds(3, a, c, b);
    expect(sizes(a, c, b)).toEqual([2, 1, 0]);
    for (const one of [a, c]) await one.membership.drain();
    await rounds(3, a, c, b);
    expect(sizes(a, c, b)).toEqual([0, 0, 3]);
  });

  it("of 600 rooms and three processes that beat at once give no room twice, whatever dies", async () => {
    const all = [await start(), await start(), await start()];
    await wantedOnly(600);
    const together = async (processes: readonly Process[], n: number) => {
      for (let i = 0; i < n; i++) await Promise.all(processes.map((one) => one.beat()));
    };
    await together(all, 3);
    expect(sizes(...all)).toEqual([200, 200, 200]);
    const [a, b, c] = all;
    if (a === undefined || b === undefined || c === undefined) throw new Error("three were started");
    await c.die();
    await together([a, b], 2);
    expect(sizes(a, b)).toEqual([300, 300]);
    expect(new Set([...a.has.keys(), ...b.has.keys()]).size).toBe(600);
    expect(a.taken + b.taken).toBe(600);
  });
});

describe("a room that is wanted by two names", () => {
  it("is collected under the first one that is claimed, by one process", async () => {
    const [a, b] = [await start(), await start()];
    const [room = 0] = await wanted(1);
    await sql("INSERT INTO wanted(key, kind, value) VALUES ('unique_id:someone', 'unique_id', 'someone')");
    await rounds(1, a, b);
    expect(sizes(a, b)).toEqual([1, 1]);
    const [first, second] = ["web_rid:1000", "unique_id:someone"];
    expect([...b.has.keys()]).toEqual([first]);
    expect(await b.membership.claim(first, room)).toBe(1);
    expect(await a.membership.claim(second, room)).toBeNull();
    expect(await b.membership.claim(first, room)).toBe(2);
    await rounds(1, a, b);
    expect(sizes(a, b)).toEqual([0, 2]);
    expect(b.has.get(second)).toMatchObject({ room });
    // Both go where the first goes.
    await b.die();
    await rounds(1, a);
    expect(a.has.size).toBe(2);
    await sql(`DELETE FROM wanted WHERE key = '${first}'`);
    await rounds(1, a);
    expect([...a.has.keys()]).toEqual([second]);
    expect(await a.membership.claim(second, room)).toBe(3);
  });
});
