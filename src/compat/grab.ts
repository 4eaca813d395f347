import type { LiveEvent, LiveEventOf, User } from "../events/event.js";
import type { RoomFacts } from "../store/rooms.js";
import {
  type AskedStream,
  askedInQuery,
  type Format,
  groupOf,
  idNumber,
  isNow,
  messageNumber,
  personNumber,
  shareTarget,
} from "./format.js";

type Fields = { readonly [key: string]: Bare };

/** Number of that program for an unknown value. */
const NOT_TOLD = -1;

/** Returns a person with every field that its readers know (facts/peers-and-users.md section 5). */
function grabUser(user: User): Fields {
  const { fansClub } = user;
  return {
    Id: personNumber(user),
    IsAdmin: user.isAdmin,
    IsAnchor: user.isAnchor,
    ShortId: idNumber(user.shortId),
    DisplayId: user.displayId ?? "",
    Nickname: grabName(user),
    Level: 0,
    PayLevel: user.payLevel ?? NOT_TOLD,
    Gender: user.gender === "male" ? 1 : user.gender === "female" ? 2 : 0,
    HeadImgUrl: user.avatar ?? "",
    SecUid: user.secUid ?? "",
    FansClub: { ClubName: fansClub?.name ?? "", Level: fansClub?.level ?? 0 },
    FollowerCount: user.followers ?? NOT_TOLD,
    FollowStatus: user.followStatus ?? NOT_TOLD,
    FollowingCount: user.following ?? NOT_TOLD,
  };
}

/** Returns the name to be shown; it is never null there. */
function grabName(user: User): string {
  return user.nickname ?? `用户${user.displayId ?? ""}`;
}

/** Returns the room's anchor, `Onwer` there. Null while nothing is known of them. */
function grabOwner({ anchor }: RoomFacts): Fields | null {
  if (anchor === null) return null;
  return {
    UserId: anchor.id ?? "",
    SecUid: anchor.secUid ?? "",
    Nickname: anchor.nickname ?? "",
    HeadUrl: anchor.avatar ?? "",
    FollowStatus: NOT_TOLD,
  };
}

/** Numbers of that program for kinds of messages (facts/peers-and-users.md section 5). */
const TYPES = { chat: 1, like: 2, join: 3, follow: 4, gift: 5, stats: 6, fansclub: 7, share: 8, ended: 9 } as const;
/** Name of the program whose traffic was read, by which its readers tell sources apart; here that is us. */
const PROCESS = "dylive";
interface GrabMessage {
  readonly type: number;
  readonly user: User | null;
  readonly content: string;
  readonly more?: { readonly [key: string]: Bare };
}

/**
 * The JSON of DouyinBarrageGrab 2.7.3 and later: an object in a string in an object, every field present, ids as bare integers. All rooms
 * that are collected come over one connection; what clients send is ignored (its commands would end the program).
 */
export const grab: Format = {
  name: "grab",
  like: "DouyinBarrageGrab",
  asked: askedInQuery,
  write: (event, about, asked) => {
    const message = isNow(event) ? messageOf(event) : null;
    if (message === null) return null;
    const data = bareJson(dataOf(message, event, about, asked));
    return { text: JSON.stringify({ Type: message.type, ProcessName: PROCESS, Data: data }) };
  },
};

function dataOf({ user, content, more = {} }: GrabMessage, event: LiveEvent, about: RoomFacts, { idsAsText }: AskedStream): Bare {
  const data = {
    ...more,
    MsgId: messageNumber(event),
    User: user === null ? null : grabUser(user),
    Onwer: grabOwner(about),
    Content: content,
    RoomId: event.sessionId ?? "",
    WebRoomId: event.webRid ?? about.webRid ?? "",
    Appid: "",
  };
  return idsAsText ? asText(data) : data;
}

function messageOf(event: LiveEvent): GrabMessage | null {
  switch (event.type) {
    case "chat":
      return { type: TYPES.chat, user: event.user, content: event.text };
    case "like": {
      const [count, total] = [event.count, event.total ?? 0];
      const content = `${grabName(event.user)} 为主播点了${count}个赞，总点赞${total}`;
      return { type: TYPES.like, user: event.user, content, more: { Count: count, Total: total } };
    }
    case "join": {
      const count = event.memberCount ?? 0;
      const more = { CurrentCount: count, EnterTipType: event.via === "share" ? 6 : 0 };
      return { type: TYPES.join, user: event.user, content: `${grabName(event.user)} 来了 直播间人数:${count}`, more };
    }
    case "follow":
      return { type: TYPES.follow, user: event.user, content: `${grabName(event.user)} 关注了主播` };
    case "gift":
      return giftOf(event);
    case "stats":
      return statsOf(event);
    case "fansclub": {
      const type = event.action === "upgrade" ? 1 : event.action === "join" ? 2 : 0;
      const more = { Type: type, Level: event.user.fansClub?.level ?? 0 };
      return { type: TYPES.fansclub, user: event.user, content: event.text ?? "", more };
    }
    case "share": {
      const { code, word } = shareTarget(event.target);
      return { type: TYPES.share, user: event.user, content: `${grabName(event.user)} 分享了直播间到${word}`, more: { ShareType: code } };
    }
    case "state":
      // The end as confirmed: once for each broadcast, also where the platform did not announce it.
      return event.to === "ended" ? { type: TYPES.ended, user: null, content: "直播已结束" } : null;
    default:
      return null;
  }
}

/**
 * Writes a gift, or null for one that brings no new units (the end of a combo): that program does not send it either, since its readers add
 * `GiftCount` up.
 */
function giftOf(event: LiveEventOf<"gift">): GrabMessage | null {
  if (event.delta === 0) return null;
  const { user, gift, delta, comboTotal, receiver } = event;
  // Without a word on whether the gift can combo: whether this one did, or may go on.
  const combo = gift.combo ?? (!event.settled || comboTotal > delta);
  const to = receiver === null ? "" : `，给${grabName(receiver)}`;
  const content = `${grabName(user)} 送出 ${gift.name ?? ""}${combo ? "(可连击)" : ""} x ${comboTotal}个，增量${delta}个${to}`;
  const more = {
    GiftId: idNumber(gift.id),
    GiftName: gift.name ?? "",
    GroupId: idNumber(groupOf(event.comboId)),
    GiftCount: delta,
    RepeatCount: comboTotal,
    DiamondCount: event.unitDiamonds ?? 0,
    Combo: combo,
    ImgUrl: gift.icon ?? "",
    ToUser: receiver === null ? null : grabUser(receiver),
  };
  return { type: TYPES.gift, user, content, more };
}

/** Writes the statistics. That program's are of the one message that has both counts. */
function statsOf(event: LiveEventOf<"stats">): GrabMessage | null {
  if (event.method !== "WebcastRoomUserSeqMessage") return null;
  const online = event.onlineText ?? String(event.online ?? "");
  const total = event.totalText ?? String(event.totalViewers ?? "");
  const more = {
    OnlineUserCount: event.online ?? 0,
    TotalUserCount: event.totalViewers ?? 0,
    TotalUserCountStr: total,
    OnlineUserCountStr: online,
  };
  return { type: TYPES.stats, user: null, content: `当前直播间人数 ${online}，累计直播间人数 ${total}`, more };
}

/** Writes as text every integer that a JavaScript number could not hold. */
function asText(value: Bare): Bare {
  if (typeof value === "bigint") return value.toString();
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, part === undefined ? part : asText(part)]));
}

/** Value that can be written: JSON's values, and integers of any size. Fields that are undefined are left out. */
type Bare = null | boolean | number | string | bigint | readonly Bare[] | { readonly [key: string]: Bare | undefined };

/**
 * Writes JSON text in which a bigint stands as the bare digits of its number, which `JSON.stringify` cannot write and Node 20's has no
 * means for. Everything is written once, in its place: no text from outside is ever searched, so none can be taken for an id.
 */
export function bareJson(value: Bare): string {
  if (typeof value === "bigint") return value.toString();
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isList(value)) return `[${value.map(bareJson).join(",")}]`;
  const fields: string[] = [];
  for (const [key, part] of Object.entries(value)) if (part !== undefined) fields.push(`${JSON.stringify(key)}:${bareJson(part)}`);
  return `{${fields.join(",")}}`;
}

// Array.isArray does not narrow read-only arrays.
function isList(value: object): value is readonly Bare[] {
  return Array.isArray(value);
}
