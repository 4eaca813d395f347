import type { NewEventOf, User } from "../../src/events/event.js";

let made = 0;

/** A person of whom nothing is known but what is given. */
export function person(known: Partial<User> = {}): User {
  return {
    id: null,
    secUid: null,
    displayId: null,
    shortId: null,
    nickname: null,
    avatar: null,
    gender: null,
    payLevel: null,
    fansClub: null,
    isAdmin: false,
    isAnchor: false,
    masked: false,
    ...known,
  };
}

const base = (method: string) => ({
  id: String(7_000_000_000_000_000_000n + BigInt(++made)),
  room: 1,
  webRid: null,
  sessionId: "7000000000000000001",
  method,
  time: 1_700_000_000_000,
  receivedAt: 1_700_000_000_000,
  source: "websocket" as const,
  revision: 0,
});

export function chat(text: string, more: Partial<NewEventOf<"chat">> = {}): NewEventOf<"chat"> {
  return { ...base("WebcastChatMessage"), type: "chat", user: person(), text, kind: "text", segments: [], luckyBag: false, ...more };
}

export function gift(delta: number, more: Partial<NewEventOf<"gift">> = {}): NewEventOf<"gift"> {
  return {
    ...base("WebcastGiftMessage"),
    type: "gift",
    user: person(),
    kind: "gift",
    gift: { id: "463", name: "小心心", icon: null },
    delta,
    comboTotal: delta,
    settled: false,
    unitDiamonds: 1,
    diamonds: delta,
    receiver: null,
    comboId: "c",
    traceId: null,
    ...more,
  };
}

export function like(count: number, more: Partial<NewEventOf<"like">> = {}): NewEventOf<"like"> {
  return { ...base("WebcastLikeMessage"), type: "like", user: person(), count, total: 100, ...more };
}

export function join(more: Partial<NewEventOf<"join">> = {}): NewEventOf<"join"> {
  return { ...base("WebcastMemberMessage"), type: "join", user: person(), memberCount: null, via: null, ...more };
}

export function follow(more: Partial<NewEventOf<"follow">> = {}): NewEventOf<"follow"> {
  return { ...base("WebcastSocialMessage"), type: "follow", user: person(), followers: null, ...more };
}

export function share(more: Partial<NewEventOf<"share">> = {}): NewEventOf<"share"> {
  return { ...base("WebcastSocialMessage"), type: "share", user: person(), target: null, ...more };
}

export function leave(more: Partial<NewEventOf<"leave">> = {}): NewEventOf<"leave"> {
  return { ...base("WebcastMemberMessage"), type: "leave", user: person(), ...more };
}

export function stats(more: Partial<NewEventOf<"stats">> = {}): NewEventOf<"stats"> {
  return {
    ...base("WebcastRoomUserSeqMessage"),
    type: "stats",
    online: 1,
    totalViewers: 2,
    onlineText: null,
    totalText: null,
    ...more,
  };
}
