import { describe, expect, it } from "vitest";
import type { TokenRow } from "../../src/store/sql/tokens.js";
import { type Open, useStore } from "./harness.js";

const token = (id: string, hash: string, more: Partial<TokenRow> = {}): TokenRow => ({
  ...{ id, name: `程序 ${id}`, scope: "read", hash, rooms: [], perMinute: null },
  ...{ createdAt: 1, expiresAt: null, revokedAt: null, lastUsedAt: null, ...more },
});

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

    it("are found together, but for those that were revoked", async () => {
      const { tokens } = store();
      for (const id of ["a", "b", "c"]) await tokens.add(token(id, `${id}${id}`));
      await tokens.revoke("b", 7);
      await tokens.touch("c", 1_700_000_000_000);
      await tokens.touch("c", 1_600_000_000_000);
      expect(await tokens.find("cc")).toMatchObject({ lastUsedAt: 1_700_000_000_000 });
      expect(await tokens.findAll(["bb", "aa", "unknown"])).toEqual(new Map([["aa", token("a", "aa")]]));
      expect(await tokens.findAll([])).toEqual(new Map());
    });

    it("have an id and a hash of their own", async () => {
      const { tokens } = store();
      await tokens.add(token("a", "aa"));
      await expect(tokens.add(token("a", "bb"))).rejects.toMatchObject({ code: "in_use" });
      await expect(tokens.add(token("b", "aa"))).rejects.toMatchObject({ code: "in_use" });
      expect(await tokens.list()).toHaveLength(1);
    });

    it("keep what they are limited to", async () => {
      const { tokens } = store();
      const limited = token("a", "aa", { rooms: ["98765", "名'; --", "room:7"], perMinute: 60, expiresAt: 1_800_000_000_000 });
      await tokens.add(limited);
      expect(await tokens.find("aa")).toEqual(limited);
      expect(await tokens.list()).toEqual([limited]);
    });
  });
}
