import { describe, expect, it } from "vitest";
import { check } from "../../src/store/check.js";
import { chat, chats, erased, gift } from "./events.js";
import { claimed, type Open, readAll, useStore } from "./harness.js";

/** Replacing events, the ledger's marks, the check. */
export function describeChanges(open: Open): void {
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
      expect((await store().log.readRoom(room, 0, 10, { types: ["gift"] })).events).toEqual([]);
      expect((await store().log.readRoom(room, 0, 10, { userId: "1002" })).events).toEqual([]);
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
  });

  describe("heads", () => {
    const store = useStore(open);

    it("of all rooms, or of those asked for", async () => {
      const [one, two] = [await claimed(store(), "a"), await claimed(store(), "b")];
      await one.append(...chats(3));
      const empty = { oldest: 1, head: 0 };
      const all = await store().log.heads();
      expect([0, one.room, two.room].map((room) => all.get(room))).toEqual([empty, { oldest: 1, head: 3 }, empty]);
      const asked = await store().log.heads([two.room, 999]);
      expect([all.size, [...asked.keys()], [...asked.values()]]).toEqual([3, [two.room, 999], [empty, empty]]);
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
