import type { LiveEvent, LiveEventOf, User } from "../events/event.js";
import { askedInQuery, type Format, groupOf, isNow, messageNumber, personNumber } from "./format.js";

/** Action of a `streamEnd`: the broadcast has ended. */
const ENDED = 3;
/**
 * Type of a `gift`: it may come in a streak, and counts when `repeatEnd` is true. Every gift of ours is told so, whether or not it can
 * combo: readers then count each combo once, by its total.
 */
const STREAKABLE = 1;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Format `{event, data}` with the flat fields of TikTok-Live-Connector's legacy data, as TikFinity and its like relay them. A field that
 * Douyin has no fact for is left out, as that library leaves out what TikTok did not send.
 */
export const tiktok: Format = {
  name: "tiktok",
  like: "TikTok-Live-Connector's relays",
  asked: askedInQuery,
  write: (event) => {
    const message = isNow(event) ? messageOf(event) : null;
    if (message === null) return null;
    const [name, data] = message;
    const common = { msgId: String(messageNumber(event)), createTime: String(event.time), roomId: event.sessionId ?? undefined };
    return { text: JSON.stringify({ event: name, data: { ...data, ...common } }) };
  },
};

function messageOf(event: LiveEvent): readonly [name: string, data: Fields] | null {
  switch (event.type) {
    case "chat":
      return ["chat", { comment: event.text, ...userFields(event.user) }];
    case "gift":
      return ["gift", giftFields(event)];
    case "like":
      return ["like", { likeCount: event.count, totalLikeCount: event.total ?? undefined, ...userFields(event.user) }];
    case "join":
      return ["member", userFields(event.user)];
    case "follow":
    case "share":
      return [event.type, userFields(event.user)];
    case "stats":
      return event.online === null ? null : ["roomUser", statsFields(event, event.online)];
    case "state":
      return event.to === "ended" ? ["streamEnd", { action: ENDED }] : null;
    default:
      // Its readers know no message like these. A new type does not compile before it is decided here or above.
      event.type satisfies
        | "leave"
        | "moderation"
        | "fansclub"
        | "rank"
        | "gap"
        | "system"
        | "erased"
        | "unknown"
        | "control"
        | "notice"
        | "pin"
        | "product"
        | "battle"
        | "linkmic"
        | "lottery"
        | "work";
      return null;
  }
}

function giftFields(event: LiveEventOf<"gift">): Fields {
  const { gift, receiver } = event;
  const group = groupOf(event.comboId);
  const describe = `送出${gift.name ?? "礼物"}`;
  return {
    giftId: Number(gift.id),
    giftName: gift.name ?? undefined,
    giftType: STREAKABLE,
    repeatCount: event.comboTotal,
    repeatEnd: event.settled,
    groupId: group === "0" ? undefined : group,
    gift: { gift_id: Number(gift.id), repeat_count: event.comboTotal, repeat_end: event.settled ? 1 : 0, gift_type: STREAKABLE, describe },
    describe,
    diamondCount: event.unitDiamonds ?? undefined,
    giftPictureUrl: gift.icon ?? undefined,
    receiverUserId: receiver === null ? undefined : String(personNumber(receiver)),
    ...userFields(event.user),
  };
}

function statsFields(event: LiveEventOf<"stats">, viewerCount: number): Fields {
  const topViewers = (event.ranks ?? []).map(({ user, score }) => ({ user: userFields(user), coinCount: score ?? 0 }));
  return { viewerCount, topViewers };
}

/** Returns the fields of a person. That format's readers call methods of a person's id and names without a look: they are always there. */
function userFields(user: User): Fields {
  const userId = String(personNumber(user));
  return {
    userId,
    secUid: user.secUid ?? undefined,
    uniqueId: user.displayId ?? `user${userId}`,
    nickname: user.nickname ?? `用户${user.displayId ?? ""}`,
    profilePictureUrl: user.avatar,
    userBadges: [],
    isModerator: user.isAdmin,
    gifterLevel: user.payLevel ?? 0,
    teamMemberLevel: user.fansClub?.level ?? 0,
  };
}
