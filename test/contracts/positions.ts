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
