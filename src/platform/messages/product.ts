import type { NewEventOf } from "../../events/event.js";
import type { LiveShoppingMessage, ProductChangeMessage } from "../wire/gen/product.js";
import { type Head, makeEvent } from "./head.js";
import { clean, countOrNull, httpsOrNull, LONG, SHORT, textOrNull } from "./text.js";

type ProductEvent = NewEventOf<"product">;
type Product = ProductEvent["products"][number];

const MAX_PRODUCTS = 200;
const MAX_CATEGORIES = 50;
// facts/changes-2026.md 3: explain_type 2 is the product that is being explained.
const EXPLAINING = 2;
const UNDESCRIBED = { index: null, title: null, price: null, cover: null };

/** The messages about goods. */
export const PRODUCT_EVENTS = {
  LiveShoppingMessage: shoppingEvent,
  ProductChangeMessage: productChangeEvent,
};

/**
 * Makes the event of something that happened to goods. The list of msg_type is unverified (protocol.md 4.4), so the action is `type_N`,
 * unless the message says sold out.
 */
function shoppingEvent(message: LiveShoppingMessage, head: Head): ProductEvent {
  const { promotionId, updatedProductIds, updatedProductInfo: info } = message;
  const ids = [...new Set([promotionId, ...updatedProductIds.slice(0, MAX_PRODUCTS)])].filter((id) => id !== "0");
  // The description is of the goods that the message names, or of the only ones that it says were updated.
  const described = info !== null && (promotionId !== "0" || ids.length === 1) ? ids[0] : undefined;
  const products = ids.map((id): Product => {
    if (info === null || id !== described) return { id, ...UNDESCRIBED };
    const { title, price, cover } = info;
    return { id, index: null, title: textOrNull(title, SHORT), price: countOrNull(price), cover: httpsOrNull(cover) };
  });
  const action = message.soldOut ? "sold_out" : message.msgType === 0 ? null : `type_${message.msgType}`;
  return build(head, action, null, products, message.promotionsNum, message.ecomNotice || message.updateToast);
}

/** Makes the event of a change in the list of goods, which says what is being explained, but neither title nor price of anything. */
function productChangeEvent(message: ProductChangeMessage, head: Head): ProductEvent {
  const products: Product[] = [];
  let explaining: string | null = null;
  for (const { promotionId, index, explainType } of message.updateProductInfo.slice(0, MAX_PRODUCTS)) {
    if (promotionId === "0") continue;
    products.push({ ...UNDESCRIBED, id: promotionId, index: index > 0 ? index : null });
    if (explainType === EXPLAINING) explaining ??= promotionId;
  }
  const event = build(head, "list_changed", explaining, products, message.total, message.updateToast);
  const categories = message.updateCategoryInfo.slice(0, MAX_CATEGORIES).map(({ name, promotionIds }) => ({
    name: clean(name, SHORT),
    products: promotionIds.slice(0, MAX_PRODUCTS).map((id) => clean(id, SHORT)),
  }));
  return categories.length === 0 ? event : { ...event, categories };
}

function build(
  head: Head,
  action: string | null,
  explaining: string | null,
  products: Product[],
  total: number,
  text: string,
): ProductEvent {
  return makeEvent("product", head, {
    action,
    explaining,
    products,
    total: countOrNull(total),
    text: textOrNull(text, LONG),
  });
}
