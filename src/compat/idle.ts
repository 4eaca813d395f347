import type { LiveEventOf } from "../events/event.js";
import type { CompatParts } from "./parts.js";

const WORDS =
  "dylive 现在没有采集任何直播间，所以没有消息。请在地址后面加上 ?room=直播间号 (no room is collected: add ?room=ROOM to the address)";

/** Whether a room is collected, or will be: who wants every room then has only to wait. */
export async function isIdle({ store, rooms }: Pick<CompatParts, "store" | "rooms">): Promise<boolean> {
  const rows = await store.rooms.list();
  return rows.every(({ room, watch }) => watch !== "on" && rooms.status(room) === null);
}

/** What a client is told that wants every room where none is collected. It is a chat by dylive itself, since that is what all these clients show. */
export function idleChat(now: number): LiveEventOf<"chat"> {
  const nothing = { id: null, secUid: null, displayId: null, shortId: null, avatar: null, gender: null, payLevel: null, fansClub: null };
  return {
    seq: 0,
    id: `idle:${now}`,
    room: 0,
    webRid: null,
    sessionId: null,
    method: "WebcastChatMessage",
    type: "chat",
    time: now,
    receivedAt: now,
    source: "system",
    revision: 0,
    user: { ...nothing, nickname: "dylive", isAdmin: false, isAnchor: false, masked: false },
    text: WORDS,
    kind: "text",
    segments: [{ text: WORDS }],
    luckyBag: false,
  };
}
