import type { EventType, LiveEvent, LiveEventOf, User } from "../events/event.js";
import { askedInQuery, type Format, groupOf, isNow, messageNumber, personNumber } from "./format.js";

/** A person in the payloads. A field for which Douyin has no fact (`followRole`, `isSubscriber`, `topGifterRank`) is left out. */
export interface TiktokUser {
  /** Digits, always there: of a person whom the room hides they are made of what else tells them from others. */
  readonly userId: string;
  readonly secUid?: string | undefined;
  /** The 抖音号; `user` and the userId of who has none. */
  readonly uniqueId: string;
  readonly nickname: string;
  readonly profilePictureUrl: string | null;
  readonly userDetails: { readonly profilePictureUrls: readonly string[] };
  /** Always empty: dylive keeps no pictures of badges. */
  readonly userBadges: readonly never[];
  readonly isModerator: boolean;
  /** The consumption grade (消费等级); 0 where it is not known. */
  readonly gifterLevel: number;
  /** Level in the anchor's fans club (粉丝团); 0 where it is not known. */
  readonly teamMemberLevel: number;
}

/** Fields that every payload has. */
export interface TiktokCommon {
  /** Digits. Of a message that the platform did not number they are made of the event's id. */
  readonly msgId: string;
  /** ms UTC, in digits. */
  readonly createTime: string;
  /** room_id of the broadcast. */
  readonly roomId?: string | undefined;
  /** Number of the room in dylive, which tells rooms apart; TikFinity has that of its streamer there. */
  readonly tikfinityUserId: number;
  /** The room's number or custom id on the platform, where it is known; else as `tikfinityUserId`. */
  readonly tikfinityUsername: string;
}

/** Text that a message shows, as a key and a text with places to be filled in: `{0:user}` is the person. */
interface TiktokLabel {
  readonly displayType: string;
  readonly label: string;
}

/** A chat. `emotes` is empty: emoji stand in the comment by their names, such as `[比心]`. */
export interface TiktokChat extends TiktokCommon, TiktokUser {
  readonly comment: string;
  readonly emotes: readonly never[];
}

/** A gift. `giftType` is 1: it counts when `repeatEnd` is true, by the combo's total in `repeatCount`. */
export interface TiktokGift extends TiktokCommon, TiktokUser {
  readonly giftId: number;
  readonly giftName?: string | undefined;
  readonly giftType: 1;
  readonly repeatCount: number;
  readonly repeatEnd: boolean;
  readonly groupId?: string | undefined;
  readonly gift: {
    readonly gift_id: number;
    readonly repeat_count: number;
    readonly repeat_end: 0 | 1;
    readonly gift_type: 1;
    readonly describe: string;
  };
  readonly describe: string;
  /** Price of one unit; left out if unknown. */
  readonly diamondCount?: number | undefined;
  readonly giftPictureUrl?: string | undefined;
  readonly extendedGiftInfo: {
    readonly id: number;
    readonly type: 1;
    readonly name?: string | undefined;
    readonly describe: string;
    readonly diamond_count?: number | undefined;
    readonly image: { readonly url_list: readonly string[] };
  };
  /** ms UTC. */
  readonly timestamp: number;
  readonly receiverUserId?: string | undefined;
}

/** Likes: those of this message, and the room's total. */
export interface TiktokLike extends TiktokCommon, TiktokUser, TiktokLabel {
  readonly likeCount: number;
  readonly totalLikeCount?: number | undefined;
}

/** A viewer came in. */
export interface TiktokMember extends TiktokCommon, TiktokUser, TiktokLabel {
  readonly actionId: 1;
}

/** A follow or a share: `displayType` has `follow` or `share` in it. */
export interface TiktokSocial extends TiktokCommon, TiktokUser, TiktokLabel {}

/** Viewers now, and those who gave most. */
export interface TiktokRoomUser extends TiktokCommon {
  readonly viewerCount: number;
  readonly topViewers: readonly { readonly user: TiktokUser; readonly coinCount: number }[];
}

/** The broadcast has ended. */
export interface TiktokStreamEnd extends TiktokCommon {
  readonly action: 3;
}

/** Payloads by the names of their events. */
export interface TiktokPayloads {
  readonly chat: TiktokChat;
  readonly gift: TiktokGift;
  readonly like: TiktokLike;
  readonly member: TiktokMember;
  readonly follow: TiktokSocial;
  readonly share: TiktokSocial;
  readonly roomUser: TiktokRoomUser;
  readonly streamEnd: TiktokStreamEnd;
}

/** An event as TikTok-Live-Connector's legacy interface and its relays have it. */
type TiktokMessage = { [E in keyof TiktokPayloads]: { readonly event: E; readonly data: TiktokPayloads[E] } }[keyof TiktokPayloads];

/** Types of events that have such a message. */
export const TIKTOK_TYPES = ["chat", "gift", "like", "join", "follow", "share", "stats", "state"] as const satisfies readonly EventType[];

/**
 * Type of a `gift`: it may come in a streak, and counts when `repeatEnd` is true. Every gift of ours has it, whether or not it can
 * combo: readers then count each combo once, by its total.
 */
const STREAKABLE = 1;
/** Keys of what messages show, as TikTok-Live-Connector's documents (1.x) have them, by which its users tell a follow from a share; the texts are ours. */
const LABELS = {
  like: { displayType: "pm_mt_msg_viewer", label: "{0:user} 点赞了直播" },
  join: { displayType: "live_room_enter_toast", label: "{0:user} 来了" },
  follow: { displayType: "pm_main_follow_message_viewer_2", label: "{0:user} 关注了主播" },
  share: { displayType: "pm_mt_guidance_share", label: "{0:user} 分享了直播" },
} as const;

/**
 * Format `{event, data}` with the flat fields of TikTok-Live-Connector's legacy data, as TikFinity and its like relay them. A field that
 * Douyin has no fact for is left out, as that library leaves out what TikTok did not send.
 */
export const tiktok: Format = {
  name: "tiktok",
  like: "TikTok-Live-Connector's relays",
  asked: askedInQuery,
  write: (event) => {
    const message = tiktokMessage(event);
    return message === null ? null : { text: JSON.stringify(message) };
  },
};

/** Returns an event as a message; null for what that library has no event for, and for what did not happen now. */
export function tiktokMessage(event: LiveEvent): TiktokMessage | null {
  if (!isNow(event)) return null;
  switch (event.type) {
    case "chat":
      return { event: "chat", data: { comment: event.text, emotes: [], ...userFields(event.user), ...commonFields(event) } };
    case "gift":
      return { event: "gift", data: { ...giftFields(event), ...userFields(event.user), ...commonFields(event) } };
    case "like": {
      const counts = { likeCount: event.count, totalLikeCount: event.total ?? undefined };
      return { event: "like", data: { ...counts, ...userFields(event.user), ...commonFields(event), ...LABELS.like } };
    }
    case "join":
      return { event: "member", data: { actionId: 1, ...userFields(event.user), ...commonFields(event), ...LABELS.join } };
    case "follow":
    case "share":
      return { event: event.type, data: { ...userFields(event.user), ...commonFields(event), ...LABELS[event.type] } };
    case "stats":
      return event.online === null ? null : { event: "roomUser", data: { ...statsFields(event, event.online), ...commonFields(event) } };
    case "state":
      return event.to === "ended" ? { event: "streamEnd", data: { action: 3, ...commonFields(event) } } : null;
    default:
      return null;
  }
}

function commonFields(event: LiveEvent): TiktokCommon {
  return {
    msgId: String(messageNumber(event)),
    createTime: String(event.time),
    roomId: event.sessionId ?? undefined,
    tikfinityUserId: event.room,
    tikfinityUsername: event.webRid ?? String(event.room),
  };
}

function giftFields(event: LiveEventOf<"gift">): Omit<TiktokGift, keyof TiktokUser | keyof TiktokCommon> {
  const { gift, receiver } = event;
  const group = groupOf(event.comboId);
  const describe = `送出${gift.name ?? "礼物"}`;
  const of = { giftId: Number(gift.id), giftName: gift.name ?? undefined, diamondCount: event.unitDiamonds ?? undefined };
  return {
    ...of,
    giftType: STREAKABLE,
    repeatCount: event.comboTotal,
    repeatEnd: event.settled,
    groupId: group === "0" ? undefined : group,
    gift: {
      gift_id: of.giftId,
      repeat_count: event.comboTotal,
      repeat_end: event.settled ? 1 : 0,
      gift_type: STREAKABLE,
      describe,
    },
    describe,
    giftPictureUrl: gift.icon ?? undefined,
    extendedGiftInfo: {
      id: of.giftId,
      type: STREAKABLE,
      name: of.giftName,
      describe,
      diamond_count: of.diamondCount,
      image: { url_list: gift.icon === null ? [] : [gift.icon] },
    },
    timestamp: event.time,
    receiverUserId: receiver === null ? undefined : String(personNumber(receiver)),
  };
}

function statsFields(event: LiveEventOf<"stats">, viewerCount: number): Pick<TiktokRoomUser, "viewerCount" | "topViewers"> {
  const topViewers = (event.ranks ?? []).map(({ user, score }) => ({ user: userFields(user), coinCount: score ?? 0 }));
  return { viewerCount, topViewers };
}

/** Returns the fields of a person. That format's readers call methods of a person's id and names without a look: they are always there. */
function userFields(user: User): TiktokUser {
  const userId = String(personNumber(user));
  return {
    userId,
    secUid: user.secUid ?? undefined,
    uniqueId: user.displayId ?? `user${userId}`,
    nickname: user.nickname ?? `用户${user.displayId ?? ""}`,
    profilePictureUrl: user.avatar,
    userDetails: { profilePictureUrls: user.avatar === null ? [] : [user.avatar] },
    userBadges: [],
    isModerator: user.isAdmin,
    gifterLevel: user.payLevel ?? 0,
    teamMemberLevel: user.fansClub?.level ?? 0,
  };
}
