import { Generations } from "../events/combo.js";
import type { LiveEvent, NewEvent, NewEventOf } from "../events/event.js";

type Product = NewEventOf<"product">["products"][number];

const MOST_GOODS = 1000; // a shop window has some hundreds

/**
 * Fills in what other messages of the room said: title and price of goods, which the message that tells what is being explained does not have.
 * One per room.
 */
export class FillIn {
  readonly #goods = new Generations<Pick<Product, "title" | "price">>(MOST_GOODS);

  /** Learns of an event, and fills it in where it says less than is known. Give it every event in order; after a restart first the log's newest. */
  see(event: NewEvent): void {
    if (event.type !== "product") return;
    event.products = event.products.map((product) => {
      const known = this.#goods.get(product.id);
      const { title, price } = { title: product.title ?? known?.title ?? null, price: product.price ?? known?.price ?? null };
      if (title !== null || price !== null) this.#goods.set(product.id, { title, price });
      return { ...product, title, price };
    });
  }
}

/** Returns an event that was decoded again with what had been filled in when it was stored. */
export function filledAsBefore(event: NewEvent, stored: LiveEvent): NewEvent {
  if (event.type !== "product" || stored.type !== "product") return event;
  const before = new Map(stored.products.map((product) => [product.id, product]));
  const products = event.products.map((product) => {
    const { title = null, price = null } = before.get(product.id) ?? {};
    return { ...product, title: product.title ?? title, price: product.price ?? price };
  });
  return { ...event, products };
}
