import type { RoomStore } from "../store.js";

type Gifts = RoomStore["gifts"];
type KnownGift = Awaited<ReturnType<Gifts["known"]>> extends ReadonlyMap<string, infer Gift> ? Gift : never;

/** Most gifts and prices of one that are kept: the platform's list had some 1,300 gifts in October 2026. */
const MOST_GIFTS = 10_000;
const MOST_PRICES = 100;

/** Returns a catalogue of gifts in memory: what was said of each last, and its prices. Further gifts are left out. */
export function memoryGifts(): Gifts {
  const gifts = new Map<string, KnownGift>();
  let listedAt: number | null = null;
  return {
    learn: async (source, at, described) => {
      for (const now of described) {
        const known = gifts.get(now.id);
        if (known === undefined && gifts.size >= MOST_GIFTS) continue;
        const isNewer = known === undefined || at >= known.seenAt;
        const [told, other] = isNewer ? [now, known] : [known, now];
        const prices = isNewer ? priced(known?.prices ?? [], { diamonds: now.diamonds, at, source }) : known.prices;
        gifts.set(now.id, {
          ...{ id: now.id, name: told.name ?? other?.name ?? null, icon: told.icon ?? other?.icon ?? null },
          ...{ kind: told.kind ?? other?.kind ?? null, combo: told.combo ?? other?.combo ?? null },
          ...{ source: isNewer ? source : known.source, diamonds: prices.at(-1)?.diamonds ?? null, prices },
          ...{ firstSeenAt: Math.min(known?.firstSeenAt ?? at, at), seenAt: Math.max(known?.seenAt ?? at, at) },
          listedAt: source === "list" ? Math.max(known?.listedAt ?? 0, at) : (known?.listedAt ?? null),
        });
      }
      if (source === "list" && described.length > 0) listedAt = Math.max(listedAt ?? 0, at);
    },
    known: async (ids) => new Map(ids.flatMap((id) => gifts.get(id) ?? []).map((gift) => [gift.id, gift])),
    listedAt: async () => listedAt,
  };
}

/** Returns the prices of a gift, oldest first, with the one that is seen now. */
function priced(
  has: KnownGift["prices"],
  { diamonds, at, source }: { readonly diamonds: number | null; readonly at: number; readonly source: KnownGift["source"] },
): KnownGift["prices"] {
  const newest = has.at(-1);
  if (diamonds === null) return has;
  if (newest?.diamonds === diamonds) return [...has.slice(0, -1), { ...newest, seenAt: at }];
  const before = newest === undefined ? [] : [...has.slice(0, -1), { ...newest, until: at }];
  return [...before, { diamonds, from: at, until: null, seenAt: at, source }].slice(-MOST_PRICES);
}
