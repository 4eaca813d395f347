import type { Call } from "../calls.js";
import type { ApiParts } from "../parts.js";
import { isAlive, newest, requestedRoom, sessionOf } from "./facts.js";

/** The platform's numbers for a broadcast. */
const LIVE = 2;
const ENDED = 4;

/** Answers `GET /douyin/liveroom/info`: what is known of the room, null for what is not. */
export async function seedInfo(parts: ApiParts, call: Call, text: string): Promise<string> {
  const { store, rooms } = parts;
  const asked = await requestedRoom(parts, call, text);
  const { room } = asked;
  const sessionId = sessionOf(asked);
  const alive = isAlive(asked);
  const [row, session, stats, like] = await Promise.all([
    store.rooms.get(room),
    sessionId === null ? null : store.sessions.get(room, sessionId),
    newest(store.log, room, "stats", sessionId, ({ online, totalViewers }) => online !== null || totalViewers !== null),
    newest(store.log, room, "like", sessionId, ({ total }) => total !== null),
  ]);
  const { state } = rooms.status(room) ?? asked.status;
  const over = state === "ended" || state === "waiting" || session?.endedAt != null;
  const data = {
    room_id: sessionId,
    web_rid: row?.webRid ?? null,
    title: session?.title ?? row?.title ?? null,
    status: alive ? LIVE : over ? ENDED : null,
    alive: alive ? true : over ? false : null,
    state,
    owner: row?.anchor
      ? { uid: row.anchor.id, sec_uid: row.anchor.secUid, nickname: row.anchor.nickname, avatar: row.anchor.avatar }
      : null,
    start_time: session?.openedAt ?? null,
    online: stats?.online ?? null,
    total_viewers: stats?.totalViewers ?? null,
    likes: like?.total ?? null,
    stats_time: stats?.time ?? null,
  };
  return JSON.stringify({ code: 200, data: { data }, msg: "success" });
}
