import { giftOf } from "./gifts.js";
import { ANONYMOUS_ID, MYSTERY } from "./people.js";
import type { SchemaFields } from "./schema.js";
import { isFields } from "./schema.js";

/** Content of a message, in the few terms by which a test can judge an event made of it. */
export interface Fact {
  readonly msgId: string;
  readonly method: string;
  readonly kind: "chat" | "gift" | "like" | "join" | "leave" | "follow" | "share" | "fansclub" | "moderation";
  readonly userId: string;
  readonly nickname: string;
  /** Whether the person wears a mask that others wear too: the room's (111111) or a 神秘人's. */
  readonly masked?: true;
  /** Wearer of the mask, by their webcast_uid */
  readonly wearer?: string;
  /** chat */
  readonly text?: string;
  /** like: of this batch and of the room */
  readonly count?: number;
  readonly total?: number;
  /** member and fans club actions */
  readonly action?: number;
  readonly gift?: GiftFact;
}

/** Content of a gift's message. */
export interface GiftFact {
  readonly giftId: string;
  /** Its name and price on the panel, where the message does not tell them */
  readonly giftName: string;
  /** "0" where there is none */
  readonly groupId: string;
  readonly traceId: string;
  /** Names the combo, which traces may not: the simulator's own use of log_id. */
  readonly logId: string;
  /** "" is the anchor */
  readonly receiverId: string;
  /** units of the combo so far */
  readonly total: number;
  readonly unitDiamonds: number;
  readonly end: boolean;
  /** Carried by a BindingGift, which does not count when its trace was counted. */
  readonly wrapped: boolean;
}

/** Reads the fact from a message's plain values; null for messages that people do not cause. */
export function factOf(method: string, msgId: string, message: SchemaFields): Fact | null {
  const user = sub(message, "user");
  const base = { msgId, method, ...who(user) };
  switch (method) {
    case "WebcastChatMessage":
    case "WebcastScreenChatMessage":
    case "WebcastPrivilegeScreenChatMessage":
    case "WebcastAudioChatMessage":
      return { ...base, kind: "chat", text: str(message, "content") };
    case "WebcastEmojiChatMessage":
      return { ...base, kind: "chat", text: str(message, "default_content") };
    case "WebcastLikeMessage":
      return { ...base, kind: "like", count: num(message, "count"), total: num(message, "total") };
    case "WebcastMemberMessage":
      return { ...base, ...memberKind(num(message, "action")) };
    case "WebcastSocialMessage": {
      const action = num(message, "action");
      return action === 1 || action === 3 ? { ...base, kind: action === 1 ? "follow" : "share" } : null;
    }
    case "WebcastFansclubMessage":
      return { ...base, kind: "fansclub", action: num(message, "action") };
    case "WebcastGiftMessage":
      return { ...base, kind: "gift", gift: giftFact(message, false) };
    case "WebcastBindingGiftMessage": {
      const inner = sub(message, "msg");
      const sender = sub(inner, "user");
      return { ...base, ...who(sender), kind: "gift", gift: giftFact(inner, true) };
    }
    case "WebcastLightGiftMessage": {
      const sender = sub(sub(message, "common"), "user");
      return { ...base, ...who(sender), kind: "gift", gift: lightGiftFact(message) };
    }
    default:
      return null;
  }
}

function who(user: SchemaFields): Pick<Fact, "userId" | "nickname" | "masked" | "wearer"> {
  const [userId, nickname] = [str(user, "id"), str(user, "nickname")];
  const mystery = nickname.startsWith(MYSTERY) && str(user, "display_id") === "" && str(user, "sec_uid") === "";
  const wearer = str(user, "webcast_uid");
  return { userId, nickname, ...((userId === ANONYMOUS_ID || mystery) && { masked: true as const, ...(wearer !== "" && { wearer }) }) };
}

function memberKind(action: number): Pick<Fact, "kind" | "action"> {
  switch (action) {
    case 1:
      return { kind: "join", action };
    case 2:
      return { kind: "leave", action };
    case 8:
      return { kind: "share", action };
    case 20:
      return { kind: "follow", action };
    default:
      return { kind: "moderation", action };
  }
}

function giftFact(message: SchemaFields, wrapped: boolean): GiftFact {
  const gift = sub(message, "gift");
  const giftId = str(message, "gift_id");
  const onPanel = str(gift, "name") === "" && num(gift, "diamond_count") === 0 ? giftOf(giftId) : undefined;
  return {
    giftId,
    giftName: onPanel?.name ?? str(gift, "name"),
    groupId: str(message, "group_id") || "0",
    traceId: str(message, "trace_id"),
    logId: str(message, "log_id"),
    receiverId: str(sub(message, "to_user"), "id"),
    total: units(message),
    unitDiamonds: onPanel?.diamonds ?? num(gift, "diamond_count"),
    end: num(message, "repeat_end") === 1,
    wrapped,
  };
}

function lightGiftFact(message: SchemaFields): GiftFact {
  const info = sub(message, "gift_info");
  return {
    giftId: str(info, "gift_id"),
    giftName: giftOf(str(info, "gift_id"))?.name ?? "",
    groupId: "0",
    // It has neither group nor trace: each stands for itself.
    traceId: "",
    logId: "",
    receiverId: str(message, "to_user_id"),
    total: units(message),
    unitDiamonds: num(info, "diamond_count"),
    end: false,
    wrapped: false,
  };
}

/** Returns the units of a gift: the counters of one message agree only in their largest (protocol.md 4.3). */
function units(message: SchemaFields): number {
  const product = num(message, "group_count") * Math.max(num(message, "combo_count"), 1);
  return Math.max(num(message, "repeat_count"), num(message, "total_count"), product, 1);
}

function sub(message: SchemaFields, field: string): SchemaFields {
  const value = message[field];
  return isFields(value) ? value : {};
}

function str(message: SchemaFields, field: string): string {
  const value = message[field];
  return value === undefined || value === null ? "" : String(value);
}

function num(message: SchemaFields, field: string): number {
  const value = Number(message[field] ?? 0);
  return Number.isFinite(value) ? value : 0;
}
