import type { HeldToken, TokenShelf } from "../../platform/open-platform/access-token.js";
import type { Store } from "../../store/store.js";

/** Where the processes of a cluster share an app's access token: fetching one shortens the one before, so that only one of them may at a time. */
export function tokenShelf(cluster: NonNullable<Store["cluster"]>, appId: string, life: AbortSignal): TokenShelf {
  const { holds, shared } = cluster;
  const name = `official-token:${appId}`;
  return {
    renew: async (renewed) => {
      const giveUp = await holds.take(name, () => {}, life);
      try {
        const before = heldIn(await shared.get(name));
        const now = await renewed(before);
        if (now !== before) await shared.set(name, JSON.stringify(now));
        return now;
      } finally {
        await giveUp();
      }
    },
  };
}

function heldIn(text: string | null): HeldToken | null {
  if (text === null) return null;
  const held = JSON.parse(text) as Partial<HeldToken>;
  const { text: token, refreshAt, expiresAt } = held;
  return typeof token === "string" && typeof refreshAt === "number" && typeof expiresAt === "number"
    ? { text: token, refreshAt, expiresAt }
    : null;
}
