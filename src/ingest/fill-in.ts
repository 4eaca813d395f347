import { Generations, type GiftEvent } from "../events/combo.js";
import type { LiveEvent, NewEvent, NewEventOf } from "../events/event.js";
import { type DescribedGift, type Gifts, type KnownGift, priceAt } from "../store/sql/gifts.js";

type Product = NewEventOf<"product">["products"][number];
type Described = Pick<Product, "title" | "price" | "cover">;
type Filled = NonNullable<GiftEvent["gift"]["filled"]>[number];

/** Part of the catalogue of gifts by which events are filled in, and which learns from them. */
export type GiftCatalogue = Pick<Gifts, "known" | "learn">;

/** Description of a gift by messages of a room. */
interface ToldGift {
  readonly told: DescribedGift;
  /** When it was taught to the catalogue, ms UTC. */
  taughtAt: number;
}

const MOST_GOODS = 1000; // a shop window has some hundreds
const MOST_GIFTS = 1000; // a panel has some hundreds
/** Age of an answer of the catalogue from which it is asked again, in ms. */
const ASK_AGAIN_MS = 60_000;
/** Time after which the catalogue is taught the same again, so that it knows when it was seen, and shortest time before it is taught something else. */
const TEACH_AGAIN_MS = 86_400_000;
const TEACH_NEWS_MS = 60_000;

/**
 * Fills in what messages do not say: title, price and picture of goods, which the message that tells what is being explained does not have, by what other
 * messages of the room said; name, picture and price of gifts by the catalogue, which it teaches what messages say of them. One per room.
 */
export class FillIn {
  readonly #catalogue: GiftCatalogue | null;
  #goods = new Generations<Described>(MOST_GOODS);
  readonly #gifts = new Generations<ToldGift>(MOST_GIFTS);
  /** Answers of the catalogue; null where it knew nothing. */
  readonly #answers = new Generations<{ readonly known: KnownGift | null; readonly at: number }>(MOST_GIFTS);
  /** News that the catalogue is yet to be taught, by gift, and when it was said, ms UTC. */
  #news = new Map<string, { readonly told: DescribedGift; readonly at: number }>();
  #teaching: Promise<void> | null = null;

  /** @param catalogue null where none is kept: then messages of the room alone tell of gifts */
  constructor(catalogue: GiftCatalogue | null = null) {
    this.#catalogue = catalogue;
  }

  /** Learns of goods, and fills in where an event says less than is known. Give it every event in order; after a restart first the log's newest. */
  see(event: NewEvent): void {
    if (event.type !== "product") return;
    event.products = event.products.map((product) => {
      const known = this.#goods.get(product.id);
      const filled = describedBy(product, known);
      if ((filled.title ?? filled.price ?? filled.cover) !== null) this.#goods.set(product.id, filled);
      return { ...product, ...filled };
    });
  }

  /**
   * Hears what messages say of gifts, and fills in what they do not say by what is known of the gifts at their times; `gift.filled` of the events
   * tells what. Give it every event in order.
   * @throws what the store throws when it is down
   */
  async fill(events: readonly NewEvent[]): Promise<void> {
    const lacking = events.filter(lacksSomething);
    const asked = lacking.filter(({ gift, receivedAt }) => {
      const { at } = this.#answers.get(gift.id) ?? { at: Number.NEGATIVE_INFINITY };
      return Math.abs(receivedAt - at) >= ASK_AGAIN_MS;
    });
    if (asked.length > 0 && this.#catalogue !== null) {
      const known = await this.#catalogue.known([...new Set(asked.map(({ gift }) => gift.id))]);
      for (const { gift, receivedAt } of asked) this.#answers.set(gift.id, { known: known.get(gift.id) ?? null, at: receivedAt });
    }
    for (const event of events) {
      if (event.type !== "gift") continue;
      this.#hear(event);
      if (!lacksSomething(event)) continue;
      const known = this.#answers.get(event.gift.id)?.known ?? null;
      const told = this.#gifts.get(event.gift.id)?.told ?? null;
      fillGift(event, {
        name: known?.name ?? told?.name ?? null,
        icon: known?.icon ?? told?.icon ?? null,
        unitDiamonds: (known === null ? null : priceAt(known, event.time)) ?? told?.diamonds ?? null,
      });
    }
  }

  /** Begins anew with the log's newest events; what the catalogue is yet to be taught stays. */
  restart(): void {
    this.#goods = new Generations(MOST_GOODS);
  }

  /**
   * Teaches the catalogue what messages said that is news to it, unless that is under way: beside what is stored, which never waits for it. What
   * cannot be kept now is taught the next time.
   */
  teach(): Promise<void> {
    if (this.#teaching !== null || this.#catalogue === null || this.#news.size === 0) return this.#teaching ?? Promise.resolve();
    const news = this.#news;
    this.#news = new Map();
    const at = Math.max(...[...news.values()].map((one) => one.at));
    this.#teaching = this.#catalogue
      .learn(
        "message",
        at,
        [...news.values()].map(({ told }) => told),
      )
      .catch(() => {
        for (const [id, one] of news) if (!this.#news.has(id)) this.#isNews(id, one);
      })
      .finally(() => {
        this.#teaching = null;
      });
    return this.#teaching;
  }

  #isNews(id: string, news: { readonly told: DescribedGift; readonly at: number }): void {
    this.#news.set(id, news);
    const [oldest] = this.#news.size > MOST_GIFTS ? this.#news.keys() : [];
    if (oldest === undefined) return;
    this.#news.delete(oldest);
    this.#gifts.delete(oldest); // it is learnt when it is said again
  }

  /** Hears what a message of a live room says of its gift; files and pushes of the Open Platform, which names gifts otherwise, teach nothing. */
  #hear(event: GiftEvent): void {
    const { gift, unitDiamonds, receivedAt: at, source, kind } = event;
    const filled = gift.filled ?? [];
    const name = filled.includes("name") ? null : gift.name;
    const diamonds = filled.includes("unitDiamonds") ? null : unitDiamonds;
    if ((source !== "websocket" && source !== "browser") || kind === "doodle" || !isGiftId(gift.id) || (name === null && diamonds === null))
      return;
    const before = this.#gifts.get(gift.id);
    const said = before?.told;
    const isNews = said === undefined || (name !== null && name !== said.name) || (diamonds !== null && diamonds !== said.diamonds);
    const told = {
      ...{
        id: gift.id,
        name: name ?? said?.name ?? null,
        diamonds: diamonds ?? said?.diamonds ?? null,
        icon: gift.icon ?? said?.icon ?? null,
      },
      ...{ kind: null, combo: gift.combo ?? said?.combo ?? null },
    };
    const sinceMs = before === undefined ? Number.POSITIVE_INFINITY : at - before.taughtAt;
    if (sinceMs < (isNews ? TEACH_NEWS_MS : TEACH_AGAIN_MS)) return;
    this.#gifts.set(gift.id, { told, taughtAt: at });
    this.#isNews(gift.id, { told, at });
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
  if (gift.name === null && typeof known.name === "string") {
    gift.name = known.name;
    filled.add("name");
  }
  if (gift.icon === null && typeof known.icon === "string") {
    gift.icon = known.icon;
    filled.add("icon");
  }
  if (isPriceless(event) && typeof known.unitDiamonds === "number") {
    event.unitDiamonds = known.unitDiamonds;
    event.diamonds = event.delta * known.unitDiamonds;
    filled.add("unitDiamonds");
  }
  if (filled.size > 0) gift.filled = [...filled];
}

/** Whether nobody said what an event's units are worth. A drawing is one unit of many gifts, whose price is not that of one of them. */
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
