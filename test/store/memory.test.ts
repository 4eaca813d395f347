// Guards: the store in memory drops its oldest events beyond its limits, says so, and knows what a gift costs.
import { describe, expect, it } from "vitest";
import { check } from "../../src/store/check.js";
import { MemoryRoomLog } from "../../src/store/memory/log.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import { rowOf } from "../../src/store/stored-event.js";
import { chat, chats, gift } from "../contracts/events.js";
import { claimed, readAll } from "../contracts/harness.js";

describe("the store in memory", () => {
  it("drops the oldest events of a room and tells so", async () => {
    const store = openMemoryStore({ maxEventsPerRoom: 3 });
    const { room, append } = await claimed(store);
    await append(gift("g", "combo", 1, 1), ...chats(4));
    const { events, removed } = await readAll(store.log, room);
    expect(events.map(({ seq, id }) => [seq, id])).toEqual([
      [3, "c1"],
      [4, "c2"],
      [5, "c3"],
    ]);
    expect(removed).toEqual([[1, 2]]);
    expect(await store.log.heads([room])).toEqual(new Map([[room, { oldest: 3, head: 5 }]]));
    expect(await store.log.known(room, ["g", "c0", "c1"])).toEqual(new Set(["c1"]));
    expect(await store.log.combos(room, ["combo"])).toEqual(new Map());
    expect(await check(store.log)).toEqual([]);
  });

  it("drops the oldest whose text is too much, but nothing of what was appended last", () => {
    const row = (name: string) => rowOf(chat(name, { text: "x".repeat(1000) }));
    const log = new MemoryRoomLog(1, 100, 3 * row("a").body.length);
    const append = (...names: string[]) => {
      log.append(names.map(row));
      return log.oldest;
    };
    expect([append("a", "b"), append("c"), append("d", "e"), append(..."fghijk")]).toEqual([1, 1, 3, 6]);
  });

  it("gives pages forward and backward of what fits, and says what was dropped before", async () => {
    const { log, rooms } = openMemoryStore({ maxEventsPerRoom: 6 });
    const { room, append } = await claimed({ log, rooms });
    await append(...chats(6), gift("g", "combo", 2, 2), chat("last"));
    const seqs = ({ rows, scanned, removed }: Awaited<ReturnType<typeof log.readRoom>>) => [rows.map(({ seq }) => seq), scanned, removed];
    expect(seqs(await log.readRoom(room, 0, 2))).toEqual([[3, 4], 4, [1, 2]]);
    expect(seqs(await log.readRoom(room, 4, 2, { types: ["gift"] }))).toEqual([[7], 8, undefined]);
    expect(seqs(await log.readRoomBefore(room, 9, 2))).toEqual([[7, 8], 7, undefined]);
    expect(seqs(await log.readRoomBefore(room, 4, 2))).toEqual([[3], 3, undefined]);
    expect(seqs(await log.readRoomBefore(room, 3, 2))).toEqual([[], 1, [1, 2]]);
    expect(seqs(await log.readRoom(404, 0, 2))).toEqual([[], 0, undefined]);
  });

  it("stores an id once, refuses an older claim, and knows gifts and events by their ids", async () => {
    const { log, rooms, close } = openMemoryStore({ maxEventsPerRoom: 6 });
    const { room, epoch, append } = await claimed({ log, rooms });
    expect(await append(gift("g", "combo", 2, 2), chat("a"), chat("a"))).toEqual([1, 2, null]);
    await rooms.claim(room);
    expect(await log.append([{ room, epoch, events: [chat("b")] }])).toEqual([{ room, head: 2, fenced: true }]);
    expect(await log.combos(room, ["combo", "other"])).toEqual(new Map([["combo", { high: 2, settled: false }]]));
    expect((await log.byId(room, ["a", "b"])).get("a")).toMatchObject({ seq: 2, id: "a" });
    await close();
    await expect(log.heads()).rejects.toMatchObject({ code: "stopping" });
  });

  it("wakes its readers until it is closed", async () => {
    const store = openMemoryStore({ maxEventsPerRoom: 6 });
    const { append } = await claimed(store);
    let wakes = 0;
    for await (const _ of store.log.wakes(new AbortController().signal)) {
      if (++wakes === 1) await append(chat("a"));
      else await store.close();
    }
    expect(wakes).toBe(2);
  });

  it("has a catalogue of gifts, with the price of now", async () => {
    const { gifts } = openMemoryStore({ maxEventsPerRoom: 10 });
    const heart = { id: "463", name: "小心心", diamonds: 1, icon: null, kind: 1, combo: true };
    expect([await gifts.listedAt(), (await gifts.known(["463"])).size]).toEqual([null, 0]);
    await gifts.learn("message", 1_000, [{ ...heart, name: null, kind: null }]);
    await gifts.learn("list", 2_000, [heart]);
    await gifts.learn("list", 3_000, [{ ...heart, diamonds: 2 }]);
    await gifts.learn("message", 4_000, [{ ...heart, name: null, diamonds: null }]);
    await gifts.learn("message", 500, [{ ...heart, name: "older", diamonds: 9 }]); // what is older takes nothing away
    const known = (await gifts.known(["463", "464"])).get("463");
    expect(known).toEqual({
      ...{ ...heart, diamonds: 2, source: "message", firstSeenAt: 500, seenAt: 4_000, listedAt: 3_000 },
      prices: [{ diamonds: 2, from: 3_000, until: null, seenAt: 3_000, source: "list" }],
    });
    expect(await gifts.listedAt()).toBe(3_000);
  });
});
