import type { BroadcastType, LiveEvent, LogType, User } from "../events/event.js";
import { liveImage, liveMention } from "./live-user.js";
import type { Proto } from "./proto-json.js";

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
