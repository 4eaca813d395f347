import type { NewEvent, NewEventOf, User } from "../../src/events/event.js";

const nobody: User = {
  ...{ id: null, secUid: null, displayId: null, shortId: null, nickname: null, avatar: null, gender: null },
  ...{ payLevel: null, fansClub: null, isAdmin: false, isAnchor: false, masked: false },
};

/** A person with this id and nothing else known. */
export function userOf(id: string | null): User {
  return { ...nobody, id };
}

const base = {
  room: 1,
  webRid: "98765",
  sessionId: "7400000000000000001",
  time: 1_760_000_000_000,
  receivedAt: 1_760_000_000_123,
  source: "websocket" as const,
  revision: 0,
};

/** A chat with this id. */
export function chat(id: string, change: Partial<NewEventOf<"chat">> = {}): NewEventOf<"chat"> {
  const text = change.text ?? `你好 ${id}`;
  const own = { text, kind: "text" as const, segments: [{ text }], luckyBag: false };
  return { ...base, id, method: "WebcastChatMessage", type: "chat", user: userOf("1001"), ...own, ...change };
}

/** A gift with this id, of a combo. */
export function gift(id: string, comboId: string, delta: number, comboTotal: number, settled = false): NewEventOf<"gift"> {
  return {
    ...base,
    id,
    method: "WebcastGiftMessage",
    type: "gift",
    user: userOf("1002"),
    kind: "gift",
    gift: { id: "463", name: "小心心", icon: null },
    delta,
    comboTotal,
    settled,
    unitDiamonds: 10,
    diamonds: delta * 10,
    receiver: null,
    comboId,
    traceId: null,
  };
}

/** The tombstone of an event. */
export function erased(event: NewEvent): NewEventOf<"erased"> {
  const { id, room, webRid, sessionId, method, time, receivedAt, source, revision } = event;
  return { id, room, webRid, sessionId, method, time, receivedAt, source, revision, type: "erased" };
}

/** `count` chats whose ids begin with `prefix`. */
export function chats(count: number, prefix = "c"): NewEvent[] {
  return Array.from({ length: count }, (_, index) => chat(`${prefix}${index}`));
}
