import { arrays, each, row, rows, run, type SqlCell, type SqlDatabase, type SqlWork } from "./work.js";

/** Source of what is known of a gift: the platform's list of gifts, or a message of a gift. */
type GiftSource = "list" | "message";

/** A gift as the platform described it. Null is "not said". */
export interface DescribedGift {
  readonly id: string;
  readonly name: string | null;
  /** Price of one unit in diamonds, up to 100,000,000. */
  readonly diamonds: number | null;
  /** https URL of its picture */
  readonly icon: string | null;
  /** The platform's number of a kind. */
  readonly kind: number | null;
  /** Whether it can be given in combos. */
  readonly combo: boolean | null;
}

/** A price that a gift has or had. */
interface GiftPrice {
  readonly diamonds: number;
  /** When it was first seen, ms UTC: it may be older. */
  readonly from: number;
  /** When another price was first seen, ms UTC; null for the newest. */
  readonly until: number | null;
  /** When it was last seen, to a day, ms UTC. */
  readonly seenAt: number;
  /** Source that gave it first. */
  readonly source: GiftSource;
}

/** A gift of the catalogue: what was said of it last, with all its prices. */
export interface KnownGift extends DescribedGift {
  /** Source that described it last. */
  readonly source: GiftSource;
  /** ms UTC */
  readonly firstSeenAt: number;
  /** When it was last seen, to a day, ms UTC. */
  readonly seenAt: number;
  /** When the platform's list had it last, ms UTC; null: it was never in it. */
  readonly listedAt: number | null;
  /** Oldest first; empty where no price is known. */
  readonly prices: readonly GiftPrice[];
}

/** The catalogue of gifts of a store. */
export type Gifts = ReturnType<typeof sqlGifts>;

/** Bounds against nonsense: the platform's list had some 1,300 gifts in October 2026. Further gifts are left out, and the oldest prices go. */
const MOST_GIFTS = 10_000;
const MOST_PRICES = 100;
/** Gifts of one transaction. */
const AT_ONCE = 500;

const GIFT = `id, name, icon, source, kind, combo, first_seen_at AS "firstSeenAt", seen_at AS "seenAt", listed_at AS "listedAt"`;
const PRICE = `gift_id AS "giftId", source, from_at AS "from", until_at AS "until", seen_at AS "seenAt", diamonds`;
/** Order of ids as numbers: they are digits. */
const BY_ID = "length(id), id";

type GiftRow = Omit<KnownGift, "diamonds" | "prices" | "combo"> & { readonly combo: number | null };
type PriceRow = GiftPrice & { readonly giftId: string };

/** Returns the price that a gift had at a time (ms UTC), as far as one knows: the first one that was seen counts for all time before. */
export function priceAt({ prices }: Pick<KnownGift, "prices">, time: number): number | null {
  return (prices.findLast(({ from }) => from <= time) ?? prices[0])?.diamonds ?? null;
}

/** Returns the catalogue of gifts. */
export function sqlGifts({ ask, write, dialect }: SqlDatabase) {
  const { among, given, forUpdate, position } = dialect;
  const keep = `INSERT INTO gifts(id, name, icon, source, kind, combo, first_seen_at, seen_at, listed_at)
    ${given(["text", "text", "text", "text", "bigint", "bigint", "bigint", "bigint", "bigint"])}`;
  const keepPrices = `INSERT INTO gift_prices(gift_id, source, from_at, until_at, seen_at, diamonds)
    ${given(["text", "text", "bigint", "bigint", "bigint", "bigint"])}
    ON CONFLICT (gift_id, from_at) DO UPDATE SET until_at = excluded.until_at, seen_at = excluded.seen_at`;

  /** Makes rows of gifts that are new, as long as there is room, and locks those of all. */
  function* enter(source: GiftSource, at: number, ids: readonly string[]): SqlWork<readonly GiftRow[]> {
    const count = Number((yield* row<{ count: number }>("SELECT count(*) AS count FROM gifts"))?.count ?? 0);
    const there = new Set((yield* arrays<[string]>(`SELECT id FROM gifts WHERE id ${among("$1", "text")}`, ids)).map(([id]) => id));
    const fresh = ids.filter((id) => !there.has(id)).slice(0, Math.max(0, MOST_GIFTS - count));
    const blank = fresh.map((id): SqlCell[] => [id, null, null, source, null, null, at, at, null]);
    // Another process may have made the same ones meanwhile.
    yield* each(`${keep} ON CONFLICT (id) DO NOTHING`, blank);
    return yield* rows<GiftRow>(`SELECT ${GIFT} FROM gifts WHERE id ${among("$1", "text")} ORDER BY id ${forUpdate}`, ids);
  }

  function* learnSome(source: GiftSource, at: number, described: ReadonlyMap<string, DescribedGift>): SqlWork<void> {
    // In one order: two processes that learn the same lock none that the other waits for.
    const ids = [...described.keys()].sort();
    const before = yield* enter(source, at, ids);
    const prices = yield* pricesOf(ids);
    const gifts: SqlCell[][] = [];
    const changed: SqlCell[][] = [];
    for (const known of before) {
      const now = described.get(known.id);
      if (now === undefined) continue;
      const isNewer = at >= known.seenAt;
      const [newer, older] = isNewer ? [now, known] : [known, now];
      const combo = (one: DescribedGift | GiftRow) => (one.combo === null ? null : Number(one.combo));
      gifts.push([
        ...[known.id, newer.name ?? older.name, newer.icon ?? older.icon, isNewer ? source : known.source],
        ...[newer.kind ?? older.kind, combo(newer) ?? combo(older), Math.min(known.firstSeenAt, at), Math.max(known.seenAt, at)],
        source === "list" ? Math.max(known.listedAt ?? 0, at) : known.listedAt,
      ]);
      const has = prices.get(known.id) ?? [];
      const rowsOf = now.diamonds === null ? [] : priced(has, now.diamonds, at, source);
      changed.push(...rowsOf.map((one): SqlCell[] => [known.id, one.source, one.from, one.until, one.seenAt, one.diamonds]));
      const oldest = has.length >= MOST_PRICES && rowsOf.length > 1 ? has[has.length - MOST_PRICES + 1] : undefined;
      if (oldest !== undefined) yield* run("DELETE FROM gift_prices WHERE gift_id = $1 AND from_at < $2", known.id, oldest.from);
    }
    const set = ["name", "icon", "source", "kind", "combo", "first_seen_at", "seen_at", "listed_at"];
    yield* each(`${keep} ON CONFLICT (id) DO UPDATE SET ${set.map((name) => `${name} = excluded.${name}`).join(", ")}`, gifts);
    yield* each(keepPrices, changed);
  }

  /** Returns the prices of gifts, oldest first. */
  function* pricesOf(ids: readonly string[]): SqlWork<ReadonlyMap<string, readonly GiftPrice[]>> {
    const found = new Map<string, GiftPrice[]>();
    const sql = `SELECT ${PRICE} FROM gift_prices WHERE gift_id ${among("$1", "text")} ORDER BY gift_id, from_at`;
    for (const { giftId, ...price } of yield* rows<PriceRow>(sql, ids)) found.set(giftId, [...(found.get(giftId) ?? []), price]);
    return found;
  }

  function* withPrices(gifts: readonly GiftRow[]): SqlWork<readonly KnownGift[]> {
    const prices = yield* pricesOf(gifts.map(({ id }) => id));
    return gifts.map(({ combo, ...gift }) => {
      const own = prices.get(gift.id) ?? [];
      return { ...gift, combo: combo === null ? null : combo === 1, diamonds: own.at(-1)?.diamonds ?? null, prices: own };
    });
  }

  return {
    /**
     * Learns how the platform described gifts at a time (ms UTC). Another price than the newest begins a row of its own; what is older than what
     * is known changes no price. What was not said changes nothing.
     */
    learn: async (source: GiftSource, at: number, gifts: readonly DescribedGift[]): Promise<void> => {
      const byId = [...new Map(gifts.map((gift) => [gift.id, gift]))];
      for (let from = 0; from < byId.length; from += AT_ONCE) {
        const some = new Map(byId.slice(from, from + AT_ONCE));
        await write(() => learnSome(source, at, some), some.size);
      }
    },
    /** Returns those of some gifts that are known. */
    known: (ids: readonly string[]): Promise<ReadonlyMap<string, KnownGift>> =>
      ask(function* () {
        const found = yield* rows<GiftRow>(`SELECT ${GIFT} FROM gifts WHERE id ${among("$1", "text")}`, ids);
        return new Map((yield* withPrices(found)).map((gift) => [gift.id, gift]));
      }),
    /** Lists gifts in the order of their ids. @param after id of the last one that was listed @param name text that is in their names */
    list: ({ after = "", limit, name = "" }: { readonly after?: string; readonly limit: number; readonly name?: string }) =>
      ask(function* () {
        const named = name === "" ? "$2 = $2" : `name IS NOT NULL AND ${position}(name, $2) > 0`;
        const sql = `SELECT ${GIFT} FROM gifts WHERE (length(id) > length($1) OR (length(id) = length($1) AND id > $1)) AND ${named} ORDER BY ${BY_ID} LIMIT $3`;
        return yield* withPrices(yield* rows<GiftRow>(sql, after, name, limit));
      }),
    /** Returns when the platform's list was read last, ms UTC; null when it never was. */
    listedAt: (): Promise<number | null> =>
      ask(function* () {
        return (yield* row<{ at: number | null }>(`SELECT max(listed_at) AS "at" FROM gifts`))?.at ?? null;
      }),
  };
}

/** Returns the rows of prices that change when a price is seen. */
function priced(has: readonly GiftPrice[], diamonds: number, at: number, source: GiftSource): readonly GiftPrice[] {
  const newest = has.at(-1);
  const next: GiftPrice = { diamonds, from: at, until: null, seenAt: at, source };
  if (newest === undefined) return [next];
  if (at <= newest.seenAt) return [];
  return newest.diamonds === diamonds ? [{ ...newest, seenAt: at }] : [{ ...newest, until: at }, next];
}
