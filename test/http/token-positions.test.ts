import { describe, expect, it } from "vitest";
import { createToken, movePosition, revokeToken, subscriptionPosition } from "../../src/http/tokens.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";

async function withToken() {
  const store = openSqliteStore({ path: ":memory:" });
  const { row } = await createToken(store.tokens, { name: "a", scope: "read", now: 1 });
  return { store, row, reader: subscriptionPosition(row, "archive") };
}

describe("a position of a token", () => {
  it("is kept while the token is valid, and gone with it", async () => {
    const { store, row, reader } = await withToken();
    await movePosition(store, row, reader, 1, 5);
    expect(await store.positions.get(reader, 1)).toBe(5);
    expect(await revokeToken(store, row.id, 2)).toBe(true);
    expect(await store.positions.get(reader, 1)).toBeNull();
    await movePosition(store, row, reader, 1, 6);
    expect(await store.positions.get(reader, 1)).toBeNull();
    expect(await revokeToken(store, row.id, 3)).toBe(false);
    expect(await revokeToken(store, "none", 3)).toBe(false);
  });

  it("is gone too when the token is revoked at the moment it moves, before or after the write", async () => {
    for (const when of ["before", "after"]) {
      const { store, row, reader } = await withToken();
      const positions = {
        get: store.positions.get.bind(store.positions),
        forget: store.positions.forget.bind(store.positions),
        forgetAll: store.positions.forgetAll.bind(store.positions),
        set: async (name: string, room: number, seq: number) => {
          if (when === "before") await revokeToken(store, row.id, 2);
          await store.positions.set(name, room, seq);
          if (when === "after") await revokeToken(store, row.id, 2);
        },
      };
      await movePosition({ positions, tokens: store.tokens }, row, reader, 1, 5);
      expect([when, await store.positions.get(reader, 1)]).toEqual([when, null]);
    }
  });
});
