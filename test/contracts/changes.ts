import { describe, expect, it } from "vitest";
import { check } from "../../src/store/check.js";
import type { RoomStore } from "../../src/store/store.js";
import { chat, chats, erased, gift } from "./events.js";
import { claimed, type Open, readAll, useStore } from "./harness.js";

/** Replacing events, the ledger's marks, the check. */
export function describeChanges(open: Open<RoomStore>): void {
  describe("replace", () => {
    const store = useStore(open);

    it("keeps seq and id, raises the revision and changes what is searched by", async () => {
      const { room, append } = await claimed(store());
      await append(chat("1"), gift("2", "c", 4, 4), chat("3"));
      await store().log.replace(room, [
        { ...erased(gift("2", "c", 4, 4)), seq: 2 },
        { ...chat("3", { text: "new" }), seq: 3 },
      ]);
      const { events } = await readAll(store().log, room);
      expect(events).toEqual([
        { ...chat("1"), seq: 1 },
        { ...erased(gift("2", "c", 4, 4)), seq: 2, revision: 1 },
        { ...chat("3", { text: "new" }), seq: 3, revision: 1 },
      ]);
      expect((await store().log.read(room, 0, 10, { types: ["gift"] })).events).toEqual([]);
      expect((await store().log.read(room, 0, 10, { userId: "1002" })).events).toEqual([]);
      expect(await store().log.combos(room, ["c"])).toEqual(new Map());
      expect(await append(gift("2", "c", 4, 4))).toEqual([null]);
    });

    it("leaves what somebody replaced since it was read, and tells which that is", async () => {
      const { room, append } = await claimed(store());
      await append(...chats(3));
      const { log } = store();
      const { events } = await readAll(log, room);
      const [first] = events;
      if (first === undefined) throw new Error("nothing was appended");
      const told = await Promise.all([
        log.replace(
          room,
          [erased(first)].map((one) => ({ ...one, seq: 1 })),
        ),
        log.replace(room, events),
      ]);
      expect(told).toEqual([[], [1]]);
      const after = (await readAll(log, room)).events;
      expect(after.map(({ type, revision }) => [type, revision])).toEqual([
        ["erased", 1],
        ["chat", 1],
        ["chat", 1],
      ]);
      for (const revision of [0, 7]) expect(await log.replace(room, [{ ...chat("c1", { revision }), seq: 2 }])).toEqual([2]);
      expect(await log.replace(room, after)).toEqual([]);
      expect((await readAll(log, room)).events.map(({ revision }) => revision)).toEqual([2, 2, 2]);
    });

    it("leaves out what is no longer kept", async () => {
      const { room, append } = await claimed(store());
      await append(...chats(2));
      await store().log.remove(room, 1, 1, "retention");
      await store().log.replace(room, [
        { ...chat("c0"), seq: 1 },
        { ...chat("c9"), seq: 9 },
      ]);
      expect((await readAll(store().log, room)).events).toEqual([{ ...chat("c1"), seq: 2 }]);
    });

    it("refuses another id, and then changes nothing", async () => {
      const { room, append } = await claimed(store());
      await append(...chats(2));
      const changes = [
        { ...chat("c0", { text: "x" }), seq: 1 },
        { ...chat("other"), seq: 2 },
      ];
      await expect(store().log.replace(room, changes)).rejects.toMatchObject({ code: "bad_request" });
      expect((await readAll(store().log, room)).events.map(({ revision }) => revision)).toEqual([0, 0]);
    });
  });

  describe("combos", () => {
    const store = useStore(open);

    it("give the largest total, and whether one of its events settled it", async () => {
      const [one, two] = [await claimed(store(), "a"), await claimed(store(), "b")];
      await one.append(gift("1", "x", 1, 1), gift("2", "x", 4, 5), gift("3", "y", 2, 2), gift("4", "y", 0, 2, true), gift("5", "y", 1, 3));
      await two.append(gift("1", "x", 9, 9));
      expect(await store().log.combos(one.room, ["x", "y", "z"])).toEqual(
        new Map([
          ["x", { high: 5, settled: false }],
          ["y", { high: 3, settled: true }],
        ]),
      );
      expect(await store().log.combos(two.room, ["x"])).toEqual(new Map([["x", { high: 9, settled: false }]]));
      expect(await store().log.combos(two.room, [])).toEqual(new Map());
    });

    it("and ids are told to each of many rooms that ask at once, whatever the others ask", async () => {
      const rooms = await Promise.all(Array.from({ length: 30 }, (_, n) => claimed(store(), `many ${n}`)));
      for (const [n, { append }] of rooms.entries()) await append(gift("a", "x", 1, n + 1), chat(`only ${n}`));
      const sought = rooms.map((_, n) => ["a", "b", `only ${n}`, `only ${n + 1}`]);
      const { log } = store();
      const [known, combos] = await Promise.all([
        Promise.all(rooms.map(({ room }, n) => log.known(room, sought[n] ?? []))),
        Promise.all(rooms.map(({ room }, n) => log.combos(room, n % 2 === 0 ? ["x", "y"] : ["y"]))),
      ]);
      expect(known.map((ids) => [...ids].sort())).toEqual(rooms.map((_, n) => ["a", `only ${n}`]));
      expect(combos.map((marks) => marks.get("x")?.high)).toEqual(rooms.map((_, n) => (n % 2 === 0 ? n + 1 : undefined)));
    });

    it("forget what was removed", async () => {
      const { room, append } = await claimed(store());
      await append(gift("1", "x", 5, 5), gift("2", "x", 1, 6), gift("3", "y", 1, 1));
      await store().log.remove(room, 2, 3, "retention");
      expect(await store().log.combos(room, ["x", "y"])).toEqual(new Map([["x", { high: 5, settled: false }]]));
    });
  });

  describe("heads", () => {
    const store = useStore(open);

    it("of all rooms, or of those asked for", async () => {
      const [one, two] = [await claimed(store(), "a"), await claimed(store(), "b")];
      await one.append(...chats(3));
      const empty = { oldest: 1, head: 0 };
      expect(await store().log.heads()).toEqual(
        new Map([
          [0, empty],
          [one.room, { oldest: 1, head: 3 }],
          [two.room, empty],
        ]),
      );
      expect(await store().log.heads([two.room, 999])).toEqual(
        new Map([
          [two.room, empty],
          [999, empty],
        ]),
      );
    });
  });

  describe("check", () => {
    const store = useStore(open);

    it("finds nothing in a sound log, with removals and tombstones", async () => {
      const { room, append } = await claimed(store());
      await append(gift("1", "x", 1, 1), gift("2", "y", 1, 1), gift("3", "x", 2, 3), gift("4", "z", 1, 1), gift("5", "z", 1, 2));
      expect(await check(store().log)).toEqual([]);
      await store().log.replace(room, [{ ...erased(gift("2", "y", 1, 1)), seq: 2 }]);
      await store().log.remove(room, 1, 1, "retention");
      expect(await check(store().log)).toEqual([]);
      await store().log.remove(room, 4, 4, "retention");
      expect(await check(store().log, room)).toEqual([]);
    });

    it("finds a combo that does not add up, in its room only", async () => {
      const [one, two] = [await claimed(store(), "a"), await claimed(store(), "b")];
      await one.append(gift("1", "x", 1, 1), gift("2", "x", 1, 3));
      expect(await check(store().log)).toEqual([{ kind: "combo", room: one.room, comboId: "x", sum: 2, high: 3 }]);
      expect(await check(store().log, two.room)).toEqual([]);
    });
  });
}
