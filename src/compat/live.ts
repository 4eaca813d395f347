import type { LiveEvent, LiveEventOf, NewEventOf, User } from "../events/event.js";
import type { RoomFacts } from "../store/rooms.js";
import { NOTHING } from "./deps.js";
import { type Format, groupOf, isNow, messageNumber, shareTarget } from "./format.js";
import { codeOf, codeOfError, statusText } from "./live-status.js";

const PATH = "/ws/";
const MODERATION: Readonly<Record<NewEventOf<"moderation">["action"], bigint>> = {
  mute: 3n,
  unmute: 4n,
  set_admin: 5n,
  unset_admin: 6n,
  kick: 7n,
  manager_mute: 9n,
  manager_unmute: 10n,
  block: 11n,
};

/**
 * Returns the format of jwwsjlm/douyinLive, its JSON at `/ws/{live_id}`: status frames, and messages of the wire in protobuf's JSON with
 * four fields added. Made from our events, so it has the fields that we keep.
 * @param retrySeconds between two looks at a room that is not live, for messages to clients
 */
export function live(retrySeconds: number): Format {
  return {
    name: "live",
    like: "jwwsjlm/douyinLive",
    asked: ({ pathname }) => {
      const room = pathname.startsWith(PATH) ? decoded(pathname.slice(PATH.length)) : null;
      return room === null || room === "" || room.includes("/") ? null : { room, idsAsText: true };
    },
    write: (event, about, { room }) => {
      if (!isNow(event)) return null;
      if (event.type === "state") return stateOf(event.to, room ?? "", about);
      const message = messageOf(event);
      return message === null ? null : { text: withRoom(message, about) };
    },
    greet: ({ state }, about, { room }) => stateOf(state, room ?? "", about),
    refuse: (error, { room }) => {
      const code = codeOfError(error);
      const text = statusText(code, room ?? "", NOTHING, retrySeconds);
      return { text, status: code, over: code === "ROOM_NOT_FOUND" };
    },
    reply: (message) => (message.trim() === "ping" ? "pong" : null),
  };

  function stateOf(state: string, room: string, about: RoomFacts) {
    const code = codeOf(state);
    return code === null ? null : { text: statusText(code, room, about, retrySeconds), status: code };
  }
}

interface CompatLiveMessage {
  readonly method: string;
  readonly fields: { readonly [key: string]: Proto };
}

/** Writes the message's own fields, and behind them the four that are always there. */
function withRoom({ method, fields }: CompatLiveMessage, { title, anchor }: RoomFacts): string {
  const added = { method, livename: anchor?.nickname ?? "", title: title ?? "", avatarThumb: anchor?.avatar ?? "" };
  const own = JSON.stringify(shown(fields));
  return `${own.slice(0, -1)}${own === "{}" ? "" : ","}${JSON.stringify(added).slice(1)}`;
}

function messageOf(event: LiveEvent): CompatLiveMessage | null {
  const message = (method: string, fields: CompatLiveMessage["fields"]): CompatLiveMessage => ({
    method,
    fields: { common: commonOf(event, method), ...fields },
  });
  switch (event.type) {
    case "chat": {
      const user = liveUser(event.user);
      if (event.kind === "emoji") return message(event.method, { user, defaultContent: event.text });
      return message(event.method, { user, content: event.text, eventTime: BigInt(Math.floor(event.time / 1000)) });
    }
    case "gift":
      return message("WebcastGiftMessage", giftFields(event));
    case "like":
      return message(event.method, { count: BigInt(event.count), total: BigInt(event.total ?? 0), user: liveUser(event.user) });
    case "join": {
      const tip = event.via === "share" ? 6n : 0n;
      const fields = { user: liveUser(event.user), memberCount: BigInt(event.memberCount ?? 0), action: 1n, userEnterTipType: tip };
      return message("WebcastMemberMessage", fields);
    }
    case "leave":
      return message("WebcastMemberMessage", { user: liveUser(event.user), action: 2n });
    case "moderation": {
      const operator = event.operator === null ? null : liveUser(event.operator);
      return message("WebcastMemberMessage", { user: liveUser(event.user), operator, action: MODERATION[event.action] });
    }
    case "follow":
      return message("WebcastSocialMessage", { user: liveUser(event.user), action: 1n, followCount: BigInt(event.followers ?? 0) });
    case "share": {
      const { code } = shareTarget(event.target);
      const target = code > 0 ? String(code) : (event.target ?? "");
      return message("WebcastSocialMessage", { user: liveUser(event.user), action: 3n, shareTarget: target });
    }
    case "stats":
      return statsMessage(event, message);
    case "fansclub": {
      const action = event.action === "upgrade" ? 1 : event.action === "join" ? 2 : 0;
      return message("WebcastFansclubMessage", { action, content: event.text ?? "", user: liveUser(event.user) });
    }
    default:
      return null;
  }
}

/**
 * Writes a gift's counters. Readers of that program work the units out of several counters in ways of their own, as on the wire:
 * `repeatCount` and `totalCount` are the combo's units, and `comboCount` the clicks that gave them, each `groupCount` units.
 */
function giftFields(event: LiveEventOf<"gift">): CompatLiveMessage["fields"] {
  const { gift, comboTotal, receiver, unitsPerClick = 1 } = event;
  const clicks = Math.max(Math.ceil(comboTotal / unitsPerClick), 1);
  return {
    giftId: liveId(gift.id),
    groupCount: BigInt(unitsPerClick),
    repeatCount: BigInt(comboTotal),
    comboCount: BigInt(clicks),
    user: liveUser(event.user),
    toUser: receiver === null ? null : liveUser(receiver),
    repeatEnd: event.settled ? 1 : 0,
    groupId: liveId(groupOf(event.comboId)),
    gift: {
      image: liveImage(gift.icon),
      describe: gift.name === null ? "" : `送出${gift.name}`,
      id: liveId(gift.id),
      combo: gift.combo ?? false,
      diamondCount: event.unitDiamonds ?? 0,
      name: gift.name ?? "",
    },
    sendType: sendType(gift.combo ?? (!event.settled || clicks > 1), clicks, unitsPerClick),
    totalCount: BigInt(comboTotal),
    traceId: event.traceId ?? "",
  };
}

/** Returns the way in which a gift was sent (facts/protocol.md 4.3): 0 a bundle at once, 4 in a combo, 1 by itself. */
function sendType(combo: boolean, clicks: number, unitsPerClick: number): bigint {
  if (unitsPerClick > 1 && clicks === 1) return 0n;
  return combo ? 4n : 1n;
}

/** Writes either message that counts viewers: one has all counts, the other, of which its readers take the online count, the shown one. */
function statsMessage(
  event: LiveEventOf<"stats">,
  message: (method: string, fields: CompatLiveMessage["fields"]) => CompatLiveMessage,
): CompatLiveMessage | null {
  switch (event.method) {
    case "WebcastRoomUserSeqMessage":
      return message(event.method, statsFields(event));
    case "WebcastRoomStatsMessage": {
      const { online, onlineText } = event;
      if (online === null) return message(event.method, { displayLong: onlineText ?? "" });
      // A display_type of 1 is the counter of the viewers now (facts/protocol.md 4.2).
      const short = String(online);
      const count = BigInt(online);
      const texts = { displayShort: short, displayMiddle: short, displayLong: onlineText ?? `${short}在线观众` };
      return message(event.method, { ...texts, displayValue: count, total: count, displayType: 1n });
    }
    default:
      return null;
  }
}

function statsFields(event: LiveEventOf<"stats">): CompatLiveMessage["fields"] {
  return {
    ranks: (event.ranks ?? []).map(({ rank, score, user }) => ({ score: BigInt(score ?? 0), user: liveUser(user), rank: BigInt(rank) })),
    total: BigInt(event.online ?? 0),
    totalUser: BigInt(event.totalViewers ?? 0),
    totalUserStr: event.totalText ?? "",
    totalStr: event.onlineText ?? "",
    onlineUserForAnchor: event.onlineText ?? "",
    totalPvForAnchor: event.totalText ?? "",
  };
}

function commonOf(event: LiveEvent, method: string): Proto {
  const { sessionId, time } = event;
  return { method, msgId: messageNumber(event), roomId: liveId(sessionId), createTime: BigInt(time), displayText: displayText(event) };
}

function decoded(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}

/** Value of a protobuf message: a bigint is a 64-bit integer; null is a message that is absent. */
type Proto = null | boolean | number | string | bigint | readonly Proto[] | { readonly [key: string]: Proto };

/** Returns a message as protobuf's JSON mapping has it: 64-bit integers are strings, and what is zero, empty or absent is left out. */
function shown(value: Proto): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(shown);
  return Object.fromEntries(Object.entries(value).flatMap(([key, part]) => (isEmpty(part) ? [] : [[key, shown(part)]])));
}

function isEmpty(value: Proto): boolean {
  return value === null || value === 0 || value === 0n || value === "" || value === false || (Array.isArray(value) && value.length === 0);
}

/** The uid that the platform itself gives to everybody in a room that hides who is there. */
const MASKED = "111111";

/** Returns a person of the wire. `webcastUid` tells masked people apart, who all have one `id`. */
function liveUser(user: User): Proto {
  const { payLevel, fansClub } = user;
  return {
    id: liveId(idOf(user)),
    shortId: liveId(user.shortId),
    nickname: user.nickname ?? "",
    gender: user.gender === "male" ? 1 : user.gender === "female" ? 2 : 0,
    avatarThumb: liveImage(user.avatar),
    followInfo: followInfo(user),
    payGrade: payLevel === null ? null : { level: BigInt(payLevel) },
    fansClub: fansClub === null ? null : { data: { clubName: fansClub.name ?? "", level: fansClub.level } },
    userAttr: user.isAdmin ? { isAdmin: true } : null,
    displayId: user.displayId ?? "",
    secUid: user.secUid ?? "",
    isAnonymous: user.masked,
    webcastUid: user.webcastUid ?? "",
    idStr: idOf(user) ?? "",
  };
}

/** Returns how many follow a person and whom they follow; null if unknown. */
function followInfo({ following, followers, followStatus }: User): Proto {
  if (following === undefined && followers === undefined && followStatus === undefined) return null;
  return { followingCount: BigInt(following ?? 0), followerCount: BigInt(followers ?? 0), followStatus: BigInt(followStatus ?? 0) };
}

/** Returns the person within a text: less of them. */
function liveMention(user: User): Proto {
  return {
    id: liveId(idOf(user)),
    nickname: user.nickname ?? "",
    displayId: user.displayId ?? "",
    secUid: user.secUid ?? "",
    webcastUid: user.webcastUid ?? "",
  };
}

/** Returns a picture of the wire. */
function liveImage(url: string | null): Proto {
  return url === null ? null : { urlList: [url] };
}

/** Returns an id of the wire; our own ids are texts and have none there. */
function liveId(id: string | null): bigint {
  return id !== null && /^\d{1,20}$/.test(id) ? BigInt(id) : 0n;
}

function idOf({ id, masked }: User): string | null {
  return id ?? (masked ? MASKED : null);
}

/** Kinds of pieces of a text (facts/protocol.md 4.1). */
const PIECE = { string: 1, user: 11, image: 15 } as const;

/**
 * Returns the text that the public screen shows of an event, in pieces as the wire has it; null where the platform sends none (a chat is
 * its own).
 */
function displayText(event: LiveEvent): Proto {
  switch (event.type) {
    case "join":
      return sentence(event.via === "share" ? "{0:user} 通过分享来了" : "{0:user} 来了", event.user);
    case "like":
      return sentence("{0:user} 为主播点赞了", event.user);
    case "follow":
      return sentence("{0:user} 关注了主播", event.user);
    case "share":
      return sentence("{0:user} 分享了直播间", event.user);
    case "gift": {
      const picture = { type: PIECE.image, imageValue: { image: liveImage(event.gift.icon) } };
      const more = [string(event.gift.name ?? ""), picture, string(`x${event.comboTotal}`)];
      const text = sentence("{0:user} 送出{1:string}{2:image} {3:string}", event.user, more);
      return { key: "webcast_aweme_gift_send_message_v3", ...text };
    }
    default:
      return null;
  }
}

function sentence(defaultPattern: string, user: User, more: readonly Proto[] = []) {
  return { defaultPattern, pieces: [{ type: PIECE.user, userValue: { user: liveMention(user) } }, ...more] };
}

function string(stringValue: string): Proto {
  return { type: PIECE.string, stringValue };
}
