import type { LiveEvent, LiveEventOf, NewEventOf, User } from "../../events/event.js";
import type { About } from "./about.js";
import { type Format, isNow } from "./format.js";
import { groupOf } from "./id.js";
import { codeOf, codeOfError, statusText } from "./live-status.js";
import { type Proto, protoJson } from "./proto-json.js";
import { shareTarget } from "./share-target.js";

const PATH = "/ws/";
const NO_MESSAGE = null;
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
 * The JSON of jwwsjlm/douyinLive at `/ws/{live_id}`: status frames, and messages of the wire in protobuf's JSON with four fields added. Made
 * from our events, so it has the fields that we keep.
 * @param retrySeconds between two looks at a room that is not live, as clients are told
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
      return message === NO_MESSAGE ? null : { text: withRoom(message, about) };
    },
    greet: ({ state }, about, { room }) => stateOf(state, room ?? "", about),
    refuse: (error, { room }) => {
      const code = codeOfError(error);
      const text = statusText(code, room ?? "", { webRid: null, title: null, anchor: null }, retrySeconds);
      return { text, status: code, over: code === "ROOM_NOT_FOUND" };
    },
    reply: (message) => (message.trim() === "ping" ? "pong" : null),
  };

  function stateOf(state: string, room: string, about: About) {
    const code = codeOf(state);
    return code === null ? null : { text: statusText(code, room, about, retrySeconds), status: code };
  }
}

interface Message {
  readonly method: string;
  readonly fields: { readonly [key: string]: Proto };
}

/** The message's own fields, and behind them the four that are always there. */
function withRoom({ method, fields }: Message, { title, anchor }: About): string {
  const added = { method, livename: anchor?.nickname ?? "", title: title ?? "", avatarThumb: anchor?.avatar ?? "" };
  const own = protoJson(fields);
  return `${own.slice(0, -1)}${own === "{}" ? "" : ","}${JSON.stringify(added).slice(1)}`;
}

function messageOf(event: LiveEvent): Message | null {
  const message = (method: string, fields: Message["fields"]): Message => ({
    method,
    fields: { common: commonOf(event, method), ...fields },
  });
  switch (event.type) {
    case "chat": {
      const content = event.kind === "emoji" ? { defaultContent: event.text } : { content: event.text };
      return message(event.method, { user: userOf(event.user), ...content, eventTime: BigInt(Math.floor(event.time / 1000)) });
    }
    case "gift":
      return message("WebcastGiftMessage", giftFields(event));
    case "like":
      return message(event.method, { count: BigInt(event.count), total: BigInt(event.total ?? 0), user: userOf(event.user) });
    case "join": {
      const tip = event.via === "share" ? 6n : 0n;
      const fields = { user: userOf(event.user), memberCount: BigInt(event.memberCount ?? 0), action: 1n, userEnterTipType: tip };
      return message("WebcastMemberMessage", fields);
    }
    case "leave":
      return message("WebcastMemberMessage", { user: userOf(event.user), action: 2n });
    case "moderation": {
      const operator = event.operator === null ? null : userOf(event.operator);
      return message("WebcastMemberMessage", { user: userOf(event.user), operator, action: MODERATION[event.action] });
    }
    case "follow":
      return message("WebcastSocialMessage", { user: userOf(event.user), action: 1n, followCount: BigInt(event.followers ?? 0) });
    case "share": {
      const { code } = shareTarget(event.target);
      const target = code > 0 ? String(code) : (event.target ?? "");
      return message("WebcastSocialMessage", { user: userOf(event.user), action: 3n, shareTarget: target });
    }
    case "stats":
      return event.method === "WebcastRoomUserSeqMessage" ? message(event.method, statsFields(event)) : NO_MESSAGE;
    default:
      return NO_MESSAGE;
  }
}

/** Its readers work the units out of several counters in ways of their own: here each of them gives the combo's total. */
function giftFields(event: LiveEventOf<"gift">): Message["fields"] {
  const { gift, comboTotal, receiver } = event;
  return {
    giftId: idOf(gift.id),
    groupCount: 1n,
    repeatCount: BigInt(comboTotal),
    comboCount: BigInt(comboTotal),
    user: userOf(event.user),
    toUser: receiver === null ? null : userOf(receiver),
    repeatEnd: event.settled ? 1 : 0,
    groupId: idOf(groupOf(event.comboId)),
    gift: { image: imageOf(gift.icon), id: idOf(gift.id), diamondCount: event.unitDiamonds ?? 0, name: gift.name ?? "" },
    totalCount: BigInt(comboTotal),
    traceId: event.traceId ?? "",
  };
}

function statsFields(event: LiveEventOf<"stats">): Message["fields"] {
  return {
    ranks: (event.ranks ?? []).map(({ rank, score, user }) => ({ score: BigInt(score ?? 0), user: userOf(user), rank: BigInt(rank) })),
    total: BigInt(event.online ?? 0),
    totalUser: BigInt(event.totalViewers ?? 0),
    totalUserStr: event.totalText ?? "",
  };
}

function commonOf({ id, sessionId, time }: LiveEvent, method: string): Proto {
  return { method, msgId: idOf(id), roomId: idOf(sessionId), createTime: BigInt(time) };
}

function userOf(user: User): Proto {
  const { payLevel, fansClub } = user;
  return {
    id: idOf(user.id),
    shortId: idOf(user.shortId),
    nickname: user.nickname ?? "",
    gender: user.gender === "male" ? 1 : user.gender === "female" ? 2 : 0,
    avatarThumb: imageOf(user.avatar),
    payGrade: payLevel === null ? null : { level: BigInt(payLevel) },
    fansClub: fansClub === null ? null : { data: { clubName: fansClub.name ?? "", level: fansClub.level } },
    userAttr: user.isAdmin ? { isAdmin: true } : null,
    displayId: user.displayId ?? "",
    secUid: user.secUid ?? "",
  };
}

function imageOf(url: string | null): Proto {
  return url === null ? null : { urlList: [url] };
}

/** An id of the wire; our own ids are texts and have none there. */
function idOf(id: string | null): bigint {
  return id !== null && /^\d{1,20}$/.test(id) ? BigInt(id) : 0n;
}

function decoded(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}
