// Guards: each wanted room has one owner among the living processes, shared evenly.
import { describe, expect, it } from "vitest";
import { sqlRooms } from "../../src/store/sql/rooms.js";
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

  it("above the share of a process go to another when it has released them, and not before", async () => {
    const a = await start();
    const [room = 0] = await wanted(30);
    await rounds(1, a);
    const b = await start();
    await rounds(1, b, a, b);
    expect([a.surplus, sizes(a, b)]).toEqual([15, [30, 0]]);
    await rounds(1, a, b);
    expect(sizes(a, b)).toEqual([15, 15]);
    const [moved = ""] = b.has.keys();
    expect([await a.membership.claim(moved, room), await b.membership.claim(moved, room)]).toEqual([null, 1]);
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
    expect(c.lapsed).toHaveLength(10);
    await rounds(4, a, b, c);
    expect([a, b, c].map(({ lapsed }) => lapsed)).toEqual([[], [], []]);
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
    expect(b.lapsed).toHaveLength(2);
  });

  it("of a process that leaves are free at once", async () => {
    const [a, b] = [await start(), await start()];
    await wanted(10);
    await rounds(1, a, b);
    await a.membership.leave();
    await b.membership.leave();
    const c = await start();
    await rounds(1, c);
    expect(c.has.size).toBe(10);
    expect([...c.has.values()].every(({ how }) => how === "free")).toBe(true);
    await expect(a.beat()).rejects.toMatchObject({ code: "stopping" });
  });

  it("go to a process up to its capacity, those of the watch list first, and end when the room is no longer wanted", async () => {
    const a = await start({}, 3);
    await wantedOnly(6);
    await sql("UPDATE wanted SET watched = true WHERE value IN ('4', '6')");
    await rounds(2, a);
    expect([...a.has.keys()].sort()).toEqual(["web_rid:1", "web_rid:4", "web_rid:6"]);
    expect(a.has.get("web_rid:4")).toEqual({
      ...{ key: "web_rid:4", name: { kind: "web_rid", value: "4" } },
      ...{ room: null, settings: null, how: "free" },
    });
    await sql("DELETE FROM wanted WHERE value IN ('1', '2', '3', '5')");
    await rounds(1, a);
    expect([...a.has.keys()].sort()).toEqual(["web_rid:4", "web_rid:6"]);
  });

  it("say when the room is met, when its settings change, and why no process is to collect it any more", async () => {
    const a = await start();
    await wantedOnly(1);
    await a.beat();
    const rooms = sqlRooms(a.connection);
    const room = await rooms.ensure([{ kind: "web_rid", value: "1" }]);
    await a.membership.claim("web_rid:1", room);
    await a.beat();
    expect(a.has.get("web_rid:1")).toMatchObject({ room, settings: { account: null } });
    await rooms.setSettings(room, { account: "mine" });
    await a.beat();
    expect(a.has.get("web_rid:1")).toMatchObject({ room, settings: { account: "mine" } });
    const rest = { released: [], jobs: [] };
    expect((await a.membership.beat({ rooms: [room], ...rest })).uncollected).toEqual(new Map());
    await rooms.setWatch(room, "paused");
    await sql("DELETE FROM wanted");
    expect((await a.membership.beat({ rooms: [room], ...rest })).uncollected).toEqual(new Map([[room, "paused"]]));
    await rooms.setWatch(room, "off");
    expect((await a.membership.beat({ rooms: [room], ...rest })).uncollected).toEqual(new Map([[room, "unwanted"]]));
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
  it("is collected under the first one that is claimed, by one process; the other is forgotten", async () => {
    const [a, b] = [await start(), await start()];
    const [room = 0] = await wanted(1);
    const [first, second] = ["web_rid:1000", "unique_id:someone"];
    const other = "INSERT INTO wanted(key, kind, value) VALUES ('unique_id:someone', 'unique_id', 'someone')";
    await sql(other);
    await rounds(1, a, b);
    expect([[...a.has.keys()], [...b.has.keys()]]).toEqual([[second], [first]]);
    expect(await b.membership.claim(first, room)).toBe(1);
    await sql(`UPDATE wanted SET asked_at = asked_at - interval '1 hour' WHERE key = '${first}'`);
    expect(await a.membership.claim(second, room)).toBeNull();
    expect(await b.membership.claim(first, room)).toBe(2);
    await rounds(1, a, b);
    expect(sizes(a, b)).toEqual([0, 1]);
    // Whoever asked for the other name asked for the room.
    expect(await sql("SELECT key FROM wanted WHERE asked_at < now() - interval '1 minute'")).toEqual([]);
    // One that is gone collects nothing: the name of the living counts.
    await sql(other);
    await rounds(1, a);
    await b.die();
    expect(await a.membership.claim(second, room)).toBe(3);
    await rounds(1, a, b);
    expect([[...a.has.keys()], [...b.has.keys()]]).toEqual([[second], []]);
  });
});
