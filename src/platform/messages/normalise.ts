import type { Draft } from "../../events/combo.js";
import type { NewEvent } from "../../events/event.js";
import type { Common } from "../wire/gen/common.js";
import { type Decoded, decodePayload, type MessageName, peekCommon } from "../wire/methods.js";
import { CHAT_EVENTS } from "./chat.js";
import { GIFT_DRAFTS } from "./gift.js";
import { type Context, digitsToMillis, type Envelope, type Head, toHead, toMillis, unknownEvent } from "./head.js";
import { LINKMIC_EVENTS } from "./linkmic.js";
import { LOTTERY_EVENTS } from "./lottery.js";
import { NOTICE_EVENTS } from "./notice.js";
import { PRODUCT_EVENTS } from "./product.js";
import { ROOM_DATA_EVENTS } from "./room-data.js";
import { SOCIAL_EVENTS } from "./social.js";
import { STATS_EVENTS } from "./stats.js";

export type { Context, Envelope } from "./head.js";

type EventButGift = Exclude<NewEvent, { type: "gift" }>;
type Maker<Message, Made> = (message: Message, head: Head) => Made | null;
type NameButGift = Exclude<MessageName, keyof typeof GIFT_DRAFTS>;
type MessageOf<K extends MessageName> = Extract<Decoded, { kind: K }>["message"];

/** Makers of the events of all messages but gifts, which come as drafts since their ledger completes them. */
const EVENTS = {
  ...CHAT_EVENTS,
  ...SOCIAL_EVENTS,
  ...STATS_EVENTS,
  ...NOTICE_EVENTS,
  ...PRODUCT_EVENTS,
  ...LINKMIC_EVENTS,
  ...LOTTERY_EVENTS,
  ...ROOM_DATA_EVENTS,
  // Decoded for the room's health or for the simulator; none of them tells of a person or a fact of the broadcast.
  ChatLikeMessage: () => null,
  InRoomBannerMessage: () => null,
  LowPcuGuideMessage: () => null,
  RanklistHourEntranceMessage: () => null,
  ResidentGuestMessage: () => null,
  RoomStreamAdaptationMessage: () => null,
} satisfies { [K in NameButGift]: Maker<MessageOf<K>, EventButGift> };

/**
 * Makes a draft of one event of one message of the wire. Never throws: a payload that does not decode, a method that we do not read, an
 * action that no table has, and a notice without words all become an `unknown` event, so that nothing is lost.
 *
 * Only an envelope with neither method nor payload gives no event (null). What else the log does not get is refused later, by rules that
 * need a memory: ids that were stored ({@link RecentIds}), a member's echo of a follow or share ({@link SocialEchoes}), and gifts that
 * bring no new units ({@link GiftLedger}).
 */
export function normalise(envelope: Envelope, context: Context): Draft | null {
  const { method, payload } = envelope;
  const decoded = decodePayload(method, payload, context.drift);
  const isRead = decoded !== null && decoded.kind !== "failed";
  if (!isRead && method === "" && payload.length === 0) return null;
  const head = isRead
    ? toHead(envelope, context, commonOf(decoded), ownTime(decoded))
    : toHead(envelope, context, peekCommon(method, payload), 0);
  const draft = (isRead ? draftOf(decoded, head) : null) ?? { event: unknownEvent(envelope, head), claim: null };
  const { event } = draft;
  if (head.estimated) event.timeEstimated = true;
  if (context.history) event.history = true;
  if (event.type === "notice" && envelope.messageExtra?.some(isTop)) event.pinned = true;
  return draft;
}

/** Tells whether a mark beside a message says that it is pinned (facts/changes-2026.md 7). */
function isTop({ key, value }: { readonly key: string; readonly value: string }): boolean {
  return key === "top_message" && value === "1";
}

/** Returns the draft; null for messages that have no event of their own. */
function draftOf({ kind, message }: Decoded, head: Head): Draft | null {
  // Kind and message belong together; a lookup by any kind cannot say so, hence `never`.
  const gift = (GIFT_DRAFTS as Partial<Record<MessageName, Maker<never, Draft>>>)[kind];
  if (gift !== undefined) return gift(message as never, head);
  const event = (EVENTS[kind as NameButGift] as Maker<never, EventButGift>)(message as never, head);
  return event === null ? null : { event, claim: null };
}

function commonOf({ kind, message }: Decoded): Common | null {
  // The wrapper's own envelope may be missing while that of the gift inside is there.
  return kind === "BindingGiftMessage" ? (message.common ?? message.msg?.common ?? null) : message.common;
}

/** Returns a message's own time. Chats of 2026 have event_time, not create_time (captures); ScreenChat's is in ns (protocol.md 4.3). */
function ownTime({ kind, message }: Decoded): number {
  if (kind === "ChatMessage") return toMillis(message.eventTime);
  if (kind === "ScreenChatMessage") return digitsToMillis(message.eventTime);
  return kind === "GiftMessage" ? toMillis(message.sendTime) : 0;
}
