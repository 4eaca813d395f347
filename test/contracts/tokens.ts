import { describe, expect, it } from "vitest";
import type { TokenRow } from "../../src/log/tokens.js";
import { type Open, useStore } from "./harness.js";

const token = (id: string, hash: string): TokenRow => ({ id, name: `程序 ${id}`, scope: "read", hash, createdAt: 1, revokedAt: null });

/** Tokens. */
export function describeTokens(open: Open): void {
  describe("tokens", () => {
    const store = useStore(open);

    it("are found by their hash until revoked", async () => {
      const { tokens } = store();
      await tokens.add(token("a", "aa"));
      await tokens.add({ ...token("b", "bb"), scope: "admin" });
      expect(await tokens.find("aa")).toEqual(token("a", "aa"));
      expect(await tokens.find("a")).toBeNull();
      expect(await tokens.revoke("a", 7)).toBe(true);
      expect(await tokens.revoke("a", 8)).toBe(false);
      expect(await tokens.revoke("unknown", 8)).toBe(false);
      expect(await tokens.find("aa")).toBeNull();
      expect(await tokens.find("bb")).toMatchObject({ id: "b", scope: "admin" });
      expect(await tokens.list()).toEqual([
        { ...token("a", "aa"), revokedAt: 7 },
        { ...token("b", "bb"), scope: "admin" },
      ]);
    });

    it("have an id and a hash of their own", async () => {
      const { tokens } = store();
      await tokens.add(token("a", "aa"));
      await expect(tokens.add(token("a", "bb"))).rejects.toMatchObject({ code: "in_use" });
      await expect(tokens.add(token("b", "aa"))).rejects.toMatchObject({ code: "in_use" });
      expect(await tokens.list()).toHaveLength(1);
    });
  });
}
