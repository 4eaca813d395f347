import { describe } from "../../events/describe.js";
import type { EventType, LiveEvent, LiveEventOf, User } from "../../events/event.js";
import { platformId } from "../../events/platform-id.js";

/** A chat as in the document: the only kind with `tid`, `text` and `avatar`, and with a bare `sec_uid`. */
interface SeedChat {
  readonly type: string;
  readonly uid: string;
  readonly tid: string;
  readonly nickname: string;
  readonly text: string;
  readonly sec_uid: string;
  readonly avatar: string;
}

/** Every other kind as in the document; `sec_uid` is wrapped in an extra pair of quotes. */
interface SeedShort {
  readonly type: string;
  readonly nickname: string;
  readonly uid: string;
  readonly short_id: string;
  readonly msg_id: string;
  readonly sec_uid: string;
  readonly msg: string;
}

/** A like: likes of this batch, and of the room (null when unknown). */
interface SeedLike extends SeedShort {
  readonly count: number;
  readonly total: number | null;
}

/** A gift: `count` is what is new with this event; `diamonds` the price of one unit, null when unknown. */
interface SeedGift extends SeedShort {
  readonly gift: {
    readonly id: string;
    readonly name: string;
    readonly count: number;
    readonly diamonds: number | null;
    readonly combo_total: number;
  };
}

/** An event in the document's form. */
export type SeedEvent = SeedChat | SeedShort | SeedLike | SeedGift;

/** The method that an event type goes by, whatever method brought it. */
const METHOD_OF: Partial<Record<EventType, string>> = {
  chat: "WebcastChatMessage",
  gift: "WebcastGiftMessage",
  like: "WebcastLikeMessage",
  join: "WebcastMemberMessage",
  follow: "WebcastSocialMessage",
  share: "WebcastSocialMessage",
};

/** The event types of the document and its neighbours in style: what is shown unless `types=` says otherwise. */
export const SEED_TYPES: readonly EventType[] = Object.keys(METHOD_OF) as EventType[];

/** The methods of {@link SEED_TYPES}. */
export const SEED_METHODS: ReadonlySet<string> = new Set(Object.values(METHOD_OF));

/** Returns the method that the event is shown as. */
export function seedMethod(event: LiveEvent): string {
  return METHOD_OF[event.type] ?? event.method;
}

/** Returns the event in the document's form, its keys in the document's order. */
export function seedEvent(event: LiveEvent): SeedEvent {
  switch (event.type) {
    case "chat":
      return seedChat(event);
    case "gift":
      return seedGift(event);
    case "like":
      return { ...seedShort(event), count: event.count, total: event.total };
    default:
      return seedShort(event);
  }
}

/** Returns the text that describes an event that is not a chat. */
export function seedMsg(event: LiveEvent): string {
  switch (event.type) {
    case "join":
      return "来了";
    case "follow":
      return "关注了主播";
    case "share":
      return "分享了直播间";
    case "like":
      return "点赞";
    case "gift":
      // One line: clients match it with a pattern. A gift whose name is unknown is still a gift.
      return `送出 ${(event.gift.name ?? "").replace(/[\r\n\u2028\u2029]+/g, " ") || "礼物"} x${event.delta}`;
    case "chat":
      return event.text;
    default:
      return describe(event);
  }
}

/** Returns an id of the document: digits. Unknown ones are "0", as are those of events that dylive made itself. */
export function seedId(id: string | null | undefined): string {
  return id != null && /^\d{1,20}$/.test(id) ? id : "0";
}

/** Returns the numeric id of a person: "111111" when the room hides who it is. */
export function seedUid(user: User | undefined): string {
  return user?.masked ? "111111" : seedId(user?.id);
}

/** Returns a picture's address, or "". */
export function seedAvatar(user: User | undefined): string {
  const avatar = user?.avatar ?? "";
  return /^https?:\/\/[^\s]+$/.test(avatar) ? avatar : "";
}

/** Returns the person an event is about; kinds without a person have none. */
export function seedUser(event: LiveEvent): User | undefined {
  return "user" in event ? event.user : undefined;
}

function seedChat(event: LiveEventOf<"chat">): SeedChat {
  const { user } = event;
  return {
    type: seedMethod(event),
    uid: seedUid(user),
    tid: seedId(platformId(event)),
    nickname: user.nickname ?? "",
    text: event.text,
    sec_uid: user.secUid ?? "",
    avatar: seedAvatar(user),
  };
}

function seedShort(event: LiveEvent): SeedShort {
  const user = seedUser(event);
  return {
    type: seedMethod(event),
    nickname: user?.nickname ?? "",
    uid: seedUid(user),
    short_id: seedId(user?.shortId),
    msg_id: seedId(platformId(event)),
    sec_uid: `"${user?.secUid ?? ""}"`,
    msg: seedMsg(event),
  };
}

function seedGift(event: LiveEventOf<"gift">): SeedGift {
  const { gift, delta, unitDiamonds, comboTotal } = event;
  return {
    ...seedShort(event),
    gift: { id: seedId(gift.id), name: gift.name ?? "", count: delta, diamonds: unitDiamonds, combo_total: comboTotal },
  };
}
