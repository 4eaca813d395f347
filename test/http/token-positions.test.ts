// Guards: a position of a token is gone with the token, also when it moves at that moment.
import { describe, expect, it } from "vitest";
import { createToken, holdPosition, movePosition, revokeToken, subscriptionPosition } from "../../src/http/tokens.js";
import type { Positions } from "../../src/store/sql/positions.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";

async function withToken() {
  const store = openSqliteStore({ path: ":memory:" });
  const { row } = await createToken(store.tokens, { name: "a", scope: "read", now: 1 });
  return { store, row, reader: subscriptionPosition(row, "archive") };
}

describe("a position of a token", () => {
  it("is kept while the token is valid, and gone with it", async () => {
    const { store, row, reader } = await withToken();
    await movePosition(store, row, reader, 5);
    expect(await store.positions.get(reader)).toBe(5);
    expect(await revokeToken(store, row.id, 2)).toBe(true);
    expect(await store.positions.get(reader)).toBeNull();
    await movePosition(store, row, reader, 6);
    expect(await store.positions.get(reader)).toBeNull();
    expect(await revokeToken(store, row.id, 3)).toBe(false);
    expect(await revokeToken(store, "none", 3)).toBe(false);
  });

  it("is gone too when the token is revoked at the moment it moves or is held, before or after the write", async () => {
    for (const when of ["before", "after"]) {
      const { store, row, reader } = await withToken();
      const me = { holder: "me", isBack: false };
      const revoking = async <T>(write: () => Promise<T>): Promise<T> => {
        if (when === "before") await revokeToken(store, row.id, 2);
        const written = await write();
        if (when === "after") await revokeToken(store, row.id, 2);
        return written;
      };
      const positions: Positions = {
        ...store.positions,
        set: (...given) => revoking(() => store.positions.set(...given)),
        hold: (...given) => revoking(() => store.positions.hold(...given)),
      };
      await movePosition({ positions, tokens: store.tokens }, row, reader, 5);
      expect([when, await store.positions.get(reader)]).toEqual([when, null]);
      const other = await createToken(store.tokens, { name: "b", scope: "read", now: 1 });
      await holdPosition({ positions, tokens: store.tokens }, row, "archive", 5, me);
      expect([when, await store.positions.get(reader)]).toEqual([when, null]);
      await holdPosition({ positions, tokens: store.tokens }, other.row, "archive", 5, me);
      expect(await store.positions.get(subscriptionPosition(other.row, "archive"))).toBe(5);
    }
  });
});
