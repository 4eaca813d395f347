import type { BroadcastType, LiveEvent, LogType, User } from "../events/event.js";

/** Value of a protobuf message: a bigint is a 64-bit integer; null is a message that is absent. */
export type Proto = null | boolean | number | string | bigint | readonly Proto[] | { readonly [key: string]: Proto };

/** Writes a message as protobuf's JSON mapping has it: 64-bit integers are strings, and what is zero, empty or absent is left out. */
export function protoJson(message: { readonly [key: string]: Proto }): string {
  return JSON.stringify(shown(message));
}

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
export function liveUser(user: User): Proto {
  const { payLevel, fansClub } = user;
  return {
    id: liveId(idOf(user)),
    shortId: liveId(user.shortId),
    nickname: user.nickname ?? "",
    gender: user.gender === "male" ? 1 : user.gender === "female" ? 2 : 0,
    avatarThumb: liveImage(user.avatar),
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
export function liveImage(url: string | null): Proto {
  return url === null ? null : { urlList: [url] };
}

/** Returns an id of the wire; our own ids are texts and have none there. */
export function liveId(id: string | null): bigint {
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
export function displayText(event: LiveEvent): Proto {
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
      // Of these the public screen shows no sentence. A new type does not compile before it is decided here or above.
      event.type satisfies "chat" | "leave" | "moderation" | "fansclub" | "stats" | "rank" | BroadcastType | LogType;
      return null;
  }
}

function sentence(defaultPattern: string, user: User, more: readonly Proto[] = []) {
  return { defaultPattern, pieces: [{ type: PIECE.user, userValue: { user: liveMention(user) } }, ...more] };
}

function string(stringValue: string): Proto {
  return { type: PIECE.string, stringValue };
}
