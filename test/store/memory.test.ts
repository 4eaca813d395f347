// Guards: the store in memory drops its oldest events beyond its limits, says so, and knows the price of a gift at each time.
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
    const log = new MemoryRoomLog(1);
    const row = (name: string) => rowOf(chat(name, { text: "x".repeat(1000) }));
    const most = 3 * row("a").body.length;
    const append = (...names: string[]) => {
      const before = log.head;
      for (const name of names) log.append(row(name), log.head + 1);
      log.trim(100, most, before);
      return log.oldest;
    };
    expect([append("a", "b"), append("c"), append("d", "e"), append(..."fghijk")]).toEqual([1, 1, 3, 6]);
    log.replace(6, { ...rowOf(chat("f", { text: "" })), pos: 6 });
    expect(append("l")).toBe(10);
  });

  it("has a catalogue of gifts, with the price of each time", async () => {
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
      prices: [
        { diamonds: 1, from: 1_000, until: 3_000, seenAt: 2_000, source: "message" },
        { diamonds: 2, from: 3_000, until: null, seenAt: 3_000, source: "list" },
      ],
    });
    expect(await gifts.listedAt()).toBe(3_000);
  });
});
