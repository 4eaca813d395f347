import { describe, expect, it } from "vitest";
import { type Open, useStore } from "./harness.js";

/** How far readers have come. */
export function describePositions(open: Open): void {
  describe("positions", () => {
    const store = useStore(open);

    it("are kept by reader and room, and may be set back", async () => {
      const { positions } = store();
      expect(await positions.get("hook:1", 1)).toBeNull();
      await Promise.all([positions.set("hook:1", 1, 10), positions.set("hook:1", 2, 20), positions.set("hook:2", 1, 30)]);
      await positions.set("hook:1", 1, 4_000_000_000);
      await positions.set("hook:1", 2, 0);
      expect(await positions.get("hook:1", 1)).toBe(4_000_000_000);
      expect(await positions.get("hook:1", 2)).toBe(0);
      expect(await positions.get("hook:2", 1)).toBe(30);
    });

    it("of a reader are forgotten together", async () => {
      const { positions } = store();
      await positions.set("a", 1, 10);
      await positions.set("a", 2, 20);
      await positions.set("a'; --", 1, 30);
      await positions.forget("a");
      await positions.forget("nobody");
      expect(await positions.get("a", 1)).toBeNull();
      expect(await positions.get("a", 2)).toBeNull();
      expect(await positions.get("a'; --", 1)).toBe(30);
    });

    it("of one owner are so many and no more: those that were moved least recently are forgotten, of the others none", async () => {
      const { positions } = store();
      const among = { prefix: "sub:a:", most: 20 };
      for (const reader of ["sub:b:x", "sub:a", "sub:a;", "token:a:x"]) await positions.set(reader, 1, 1);
      for (let i = 0; i < 20; i++) await positions.set(`sub:a:${i}`, 1, i, among);
      expect(await positions.get("sub:a:0", 1)).toBe(0);
      await positions.set("sub:a:0", 1, 100, among);
      await positions.set("sub:a:new", 1, 200, among);
      const kept = await Promise.all(Array.from({ length: 20 }, (_, i) => positions.get(`sub:a:${i}`, 1)));
      expect(kept.map((seq) => seq !== null)).toEqual([true, ...Array(3).fill(false), ...Array(16).fill(true)]);
      expect([kept[0], await positions.get("sub:a:new", 1)]).toEqual([100, 200]);
      for (let i = 0; i < 500; i++) await positions.set(`sub:a:more${i}`, i % 3, i, among);
      let count = 0;
      for (let i = 0; i < 500; i++) if ((await positions.get(`sub:a:more${i}`, i % 3)) !== null) count++;
      expect(count).toBeLessThanOrEqual(20);
      expect(await positions.get("sub:a:more499", 1)).toBe(499);
      for (const reader of ["sub:b:x", "sub:a", "sub:a;", "token:a:x"]) expect(await positions.get(reader, 1)).toBe(1);
    });

    it("of all readers whose names begin alike are forgotten together, and no others", async () => {
      const { positions } = store();
      const [gone, kept] = [
        ["sub:a:", "sub:a:archive", "sub:a:名"],
        ["sub:A:x", "sub:a", "sub:ab:x", "sub:b:x", "sub_a:x", "token:a:", "x sub:a:"],
      ];
      for (const reader of [...gone, ...kept]) for (const room of [1, 2]) await positions.set(reader, room, 5);
      await positions.forgetAll("sub:a:");
      await positions.forgetAll("%");
      for (const reader of gone)
        expect([reader, await positions.get(reader, 1), await positions.get(reader, 2)]).toEqual([reader, null, null]);
      for (const reader of kept) expect([reader, await positions.get(reader, 1), await positions.get(reader, 2)]).toEqual([reader, 5, 5]);
    });
  });
}
