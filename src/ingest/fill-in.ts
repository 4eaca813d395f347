import { Generations, type GiftEvent } from "../events/combo.js";
import type { LiveEvent, NewEvent, NewEventOf } from "../events/event.js";
import { type DescribedGift, type Gifts, type KnownGift, priceAt } from "../store/sql/gifts.js";

type Product = NewEventOf<"product">["products"][number];
type Described = Pick<Product, "title" | "price" | "cover">;
type Filled = NonNullable<GiftEvent["gift"]["filled"]>[number];

/** Part of the store's gifts that {@link GiftCatalogue} reads and writes. */
type StoredGifts = Pick<Gifts, "known" | "learn">;

/** Description of a gift by the store and by messages. */
interface GiftEntry {
  /** Answer of the store; null if it does not know the gift. */
  stored: KnownGift | null;
  /** When the store was asked, ms UTC. */
  askedAt: number;
  /** Description by messages; null until one describes it. */
  described: DescribedGift | null;
  /** When that was noted for the store, ms UTC. */
  notedAt: number;
}

const MOST_GOODS = 1000; // a shop window has some hundreds
const MOST_GIFTS = 2000; // the platform's list had some 1,300 in October 2026
/** Age of an answer of the store from which it is asked again, in ms: other processes learn prices, too. */
const ASK_AGAIN_MS = 5_000;
/** Time after which the store learns the same again, so that it knows when it was seen, and shortest time before it learns something else. */
const LEARN_AGAIN_MS = 86_400_000;
const LEARN_NEWS_MS = 60_000;
const NOTHING_STORED: StoredGifts = { known: async () => new Map(), learn: async () => {} };

/**
 * Goods of a room, by which title, price and picture are filled in: the message that says what is being explained has none. Memory of the log: after a
 * restart it sees the newest events first.
 */
export class KnownGoods {
  readonly #goods = new Generations<Described>(MOST_GOODS);

  /** Learns of goods, and fills in where an event says less than is known. Give it every event in order. */
  see(event: NewEvent): void {
    if (event.type !== "product") return;
    event.products = event.products.map((product) => {
      const known = this.#goods.get(product.id);
      const filled = describedBy(product, known);
      if ((filled.title ?? filled.price ?? filled.cover) !== null) this.#goods.set(product.id, filled);
      return { ...product, ...filled };
    });
  }
}

/**
 * Names, pictures and prices of gifts: what the store knows and what messages of all rooms of this process say, which the store learns. One for the
 * rooms that a process collects.
 */
export class GiftCatalogue {
  readonly #store: StoredGifts;
  readonly #gifts = new Generations<GiftEntry>(MOST_GIFTS);
  /** Gifts whose description the store is yet to learn. */
  readonly #news = new Set<GiftEntry & { described: DescribedGift }>();
  #learning = Promise.resolve();

  /** @param store without one messages alone describe gifts */
  constructor(store: StoredGifts = NOTHING_STORED) {
    this.#store = store;
  }

  /**
   * Notes what messages say of gifts, and fills in what they do not say by what is known of the gifts at their times; `gift.filled` of the events
   * says what. Give it every event of a room in order.
   * @throws what the store throws when it is down
   */
  async fill(events: readonly NewEvent[]): Promise<void> {
    const asked = new Map<string, number>();
    for (const event of events)
      if (lacksSomething(event) && Math.abs(event.receivedAt - this.#entry(event.gift.id).askedAt) >= ASK_AGAIN_MS)
        asked.set(event.gift.id, event.receivedAt);
    if (asked.size > 0) {
      const stored = await this.#store.known([...asked.keys()]);
      for (const [id, askedAt] of asked) Object.assign(this.#entry(id), { stored: stored.get(id) ?? null, askedAt });
    }
    for (const event of events) {
      if (event.type !== "gift") continue;
      this.#note(event);
      if (!lacksSomething(event)) continue;
      const { stored, described } = this.#entry(event.gift.id);
      fillGift(event, {
        name: stored?.name ?? described?.name ?? null,
        icon: stored?.icon ?? described?.icon ?? null,
        unitDiamonds: (stored === null ? null : priceAt(stored, event.time)) ?? described?.diamonds ?? null,
      });
    }
  }

  /** Lets the store learn what messages said that is news to it; what it does not take now it learns the next time. Never rejects. */
  learn(): Promise<void> {
    if (this.#news.size > 0) this.#learning = this.#learning.then(() => this.#learn());
    return this.#learning;
  }

  async #learn(): Promise<void> {
    const news = [...this.#news];
    if (news.length === 0) return;
    this.#news.clear();
    const at = Math.max(...news.map(({ notedAt }) => notedAt));
    const gifts = news.map(({ described }) => described);
    await this.#store.learn("message", at, gifts).catch(() => {
      for (const entry of news) this.#news.add(entry);
    });
  }

  #entry(id: string): GiftEntry {
    const entry = this.#gifts.get(id) ?? { stored: null, askedAt: -Infinity, described: null, notedAt: -Infinity };
    this.#gifts.set(id, entry);
    return entry;
  }

  /** Notes what a message of a live room says of its gift; files and pushes of the Open Platform, which names gifts otherwise, teach nothing. */
  #note(event: GiftEvent): void {
    const { gift, unitDiamonds, receivedAt: at, source, kind } = event;
    const filled = gift.filled ?? [];
    const name = filled.includes("name") ? null : gift.name;
    const diamonds = filled.includes("unitDiamonds") ? null : unitDiamonds;
    if ((source !== "websocket" && source !== "browser") || kind === "doodle" || !isGiftId(gift.id) || (name === null && diamonds === null))
      return;
    const entry = this.#entry(gift.id);
    const before = entry.described;
    const isNews = before === null || (name !== null && name !== before.name) || (diamonds !== null && diamonds !== before.diamonds);
    if (at - entry.notedAt < (isNews ? LEARN_NEWS_MS : LEARN_AGAIN_MS) || this.#news.size >= MOST_GIFTS) return;
    const described = {
      ...{ id: gift.id, name: name ?? before?.name ?? null, diamonds: diamonds ?? before?.diamonds ?? null },
      ...{ icon: gift.icon ?? before?.icon ?? null, kind: null, combo: gift.combo ?? before?.combo ?? null },
    };
    this.#news.add(Object.assign(entry, { described, notedAt: at }));
  }
}

/** Returns an event that was decoded again with what had been filled in when it was stored. */
export function filledAsBefore(event: NewEvent, stored: LiveEvent): NewEvent {
  if (event.type === "gift" && stored.type === "gift" && event.gift.id === stored.gift.id) {
    const { filled = [], name, icon } = stored.gift;
    const values = { name, icon, unitDiamonds: stored.unitDiamonds };
    const before = { ...event, gift: { ...event.gift } };
    fillGift(before, Object.fromEntries(filled.map((field) => [field, values[field]])));
    return before;
  }
  if (event.type !== "product" || stored.type !== "product") return event;
  const before = new Map(stored.products.map((product) => [product.id, product]));
  return { ...event, products: event.products.map((product) => ({ ...product, ...describedBy(product, before.get(product.id)) })) };
}

/** Returns the description of goods, with what was said before of what this message does not say. */
function describedBy({ title, price, cover }: Product, before: Described | undefined): Described {
  return { title: title ?? before?.title ?? null, price: price ?? before?.price ?? null, cover: cover ?? before?.cover ?? null };
}

/** Fills in what an event of a gift does not say itself. */
function fillGift(event: GiftEvent, known: { readonly [F in Filled]?: GiftEvent["gift"]["name"] | number }): void {
  const { gift } = event;
  const filled = new Set(gift.filled);
  for (const field of ["name", "icon"] as const) {
    const value = known[field];
    if (gift[field] !== null || typeof value !== "string") continue;
    gift[field] = value;
    filled.add(field);
  }
  if (isPriceless(event) && typeof known.unitDiamonds === "number") {
    event.unitDiamonds = known.unitDiamonds;
    event.diamonds = event.delta * known.unitDiamonds;
    filled.add("unitDiamonds");
  }
  if (filled.size > 0) gift.filled = [...filled];
}

/** Whether the worth of an event's units is unknown. A drawing is one unit of many gifts, whose price is not that of one of them. */
function isPriceless({ unitDiamonds, kind }: GiftEvent): boolean {
  return unitDiamonds === null && kind !== "doodle";
}

/** Tells whether an event is of a gift of which the catalogue may know more than the event says. */
export function lacksSomething(event: NewEvent): event is GiftEvent {
  return (
    event.type === "gift" && event.source !== "official" && isGiftId(event.gift.id) && (event.gift.name === null || isPriceless(event))
  );
}

function isGiftId(id: string): boolean {
  return /^[1-9]\d{0,19}$/.test(id);
}
