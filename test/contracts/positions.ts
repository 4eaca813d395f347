import { describe, expect, it } from "vitest";
import { type Open, useStore } from "./harness.js";

/** How far readers have come. */
export function describePositions(open: Open): void {
  describe("positions", () => {
    const store = useStore(open);

    it("are kept by reader, and may be set back", async () => {
      const { positions } = store();
      expect(await positions.get("sub:1")).toBeNull();
      await Promise.all([positions.set("sub:1", 10), positions.set("sub:2", 20)]);
      await positions.set("sub:1", 4_000_000_000);
      await positions.set("sub:2", 0);
      expect([await positions.get("sub:1"), await positions.get("sub:2")]).toEqual([4_000_000_000, 0]);
      await positions.forget("sub:1");
      expect([await positions.get("sub:1"), await positions.get("sub:2")]).toEqual([null, 0]);
    });

    it("are moved by the one that holds them alone", async () => {
      const { positions } = store();
      const among = { prefix: "sub:a:", most: 20 };
      expect(await positions.hold("sub:a:x", 7, "a", among)).toBe(true);
      expect(await positions.set("sub:a:x", 8, among, "a")).toBe(true);
      expect(await positions.hold("sub:a:x", 3, "b", among)).toBe(true);
      expect(await positions.get("sub:a:x")).toBe(8);
      expect(await positions.hold("sub:a:x", 3, "a", among, true)).toBe(false);
      expect([await positions.set("sub:a:x", 9, among, "a"), await positions.set("sub:a:x", 9, among, "b")]).toEqual([false, true]);
      // One that was forgotten is made anew by the first that moves it.
      await positions.forget("sub:a:x");
      expect(await positions.hold("sub:a:x", 3, "b", among, true)).toBe(true);
      expect([await positions.set("sub:a:x", 5, among, "a"), await positions.set("sub:a:x", 6, among, "b")]).toEqual([true, false]);
    });

    it("of all readers whose names begin alike are forgotten together, and no others", async () => {
      const { positions } = store();
      const [gone, kept] = [
        ["sub:a:", "sub:a:archive", "sub:a:名"],
        ["sub:A:x", "sub:a", "sub:ab:x", "sub:b:x", "sub_a:x", "token:a:", "x sub:a:"],
      ];
      for (const reader of [...gone, ...kept]) await positions.set(reader, 5);
      await positions.forgetAll("sub:a:");
      await positions.forgetAll("%");
      for (const reader of gone) expect([reader, await positions.get(reader)]).toEqual([reader, null]);
      for (const reader of kept) expect([reader, await positions.get(reader)]).toEqual([reader, 5]);
    });
  });
}
