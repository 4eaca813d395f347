import { type MsgOrText, msg, msgOf } from "../../runtime/msg.js";
import type { Platform, Reply } from "../access/platform.js";
import { at, parseExact } from "../wire/exact-json.js";
import { type InPage, jsonIn } from "./interfaces.js";
import { number, text } from "./page.js";

/** A gift as the platform's list has it. Null is "not said". */
export interface ListedGift {
  readonly id: string;
  readonly name: string | null;
  /** Price of one unit in diamonds (10 = 1 CNY); 0 is free. */
  readonly diamonds: number | null;
  /** https URL of its picture */
  readonly icon: string | null;
  /** The platform's own number of a kind; their meanings are unknown. */
  readonly kind: number | null;
  /** Whether it can be given in combos. */
  readonly combo: boolean | null;
}

/** Answer about the list: the gifts, or why there is none. */
type GiftListAnswer = { readonly gifts: readonly ListedGift[] } | { readonly reason: MsgOrText };

/** Most gifts that are read; the platform's list had some 1,300 in October 2026. */
const MOST_GIFTS = 10_000;
const LONGEST_NAME = 512;
const LONGEST_URL = 2048;
/** Bounds against nonsense, as for the messages of gifts. */
const MOST_DIAMONDS = 100_000_000;

/**
 * Asks `GET /webcast/gift/list/` (facts/protocol.md 1.7; seen in October 2026: nothing is signed and no cookie needed, `data.gifts`, in 2023
 * `data.pages[].gifts`, holds all gifts of the platform in some 3.6 MB, each with `id`, `name`, `diamond_count`, `image.url_list`, `icon.url_list`, `combo` and `type`). It is asked
 * without cookies, and by the site's own page where that gives no list.
 * @throws DyliveError unreachable, or what the browser throws
 */
export async function readGiftList(
  { platform, userAgent, inPage }: { readonly platform: Platform; readonly userAgent: string; readonly inPage?: InPage | undefined },
  signal: AbortSignal,
): Promise<GiftListAnswer> {
  const query = new URLSearchParams({ aid: "6383", app_name: "douyin_web", live_id: "1", device_platform: "web", language: "zh-CN" });
  const path = `/webcast/gift/list/?${query}`;
  const headers = { "user-agent": userAgent, accept: "application/json, text/plain, */*" };
  const plain = giftsIn(await platform.get("live.douyin.com", path, headers, signal));
  if ("gifts" in plain || inPage === undefined) return plain;
  const paged = giftsIn(await inPage(path, signal));
  return "gifts" in paged ? paged : { reason: msg`${msgOf(plain.reason)}; ${msg`the site's own page: ${msgOf(paged.reason)}`}` };
}

/** Reads the gifts of a reply. Those without an id are left out, and of several with one id the first counts. */
export function giftsIn(reply: Pick<Reply, "status" | "body">): GiftListAnswer {
  const read = jsonIn(reply, "gift/list", parseExact);
  if ("reason" in read) return read;
  const { answer, code } = read;
  if (code !== 0) return { reason: msg`gift/list answered status_code ${code}` };
  const data = at(answer, "data");
  const pages = at(data, "pages");
  const lists = [data, ...(Array.isArray(pages) ? pages : [])].map((page) => at(page, "gifts"));
  const found = new Map<string, ListedGift>();
  for (const one of lists.flatMap((list) => (Array.isArray(list) ? list : []))) {
    if (found.size >= MOST_GIFTS) break;
    const gift = giftIn(one);
    if (gift !== null && !found.has(gift.id)) found.set(gift.id, gift);
  }
  return found.size === 0 ? { reason: "gift/list names no gifts" } : { gifts: [...found.values()] };
}

function giftIn(one: unknown): ListedGift | null {
  // Long ids are texts by now. Of anything deeper no text is made: it may be deeper than the stack.
  const given = at(one, "id");
  const id = typeof given === "number" ? String(given) : text(given);
  if (id === null || !/^[1-9]\d{0,19}$/.test(id)) return null;
  const name = text(at(one, "name"))?.slice(0, LONGEST_NAME).toWellFormed() ?? null;
  const price = number(at(one, "diamond_count"));
  const isPrice = price !== null && Number.isInteger(price) && price >= 0 && price <= MOST_DIAMONDS;
  const combo = at(one, "combo");
  const kind = number(at(one, "type"));
  return {
    id,
    name,
    // 0 of something without a name is a form that is not filled in, as in messages.
    diamonds: isPrice && (price > 0 || name !== null) ? price : null,
    icon: pictureOf(at(one, "image")) ?? pictureOf(at(one, "icon")),
    kind: kind !== null && Number.isSafeInteger(kind) ? kind : null,
    combo: typeof combo === "boolean" ? combo : null,
  };
}

/** Reads the address of a picture: only https, since pages show it. */
function pictureOf(image: unknown): string | null {
  const url = text(at(at(image, "url_list"), 0))?.replace(/^http:/, "https:") ?? "";
  return url.startsWith("https://") && url.length <= LONGEST_URL ? url : null;
}
