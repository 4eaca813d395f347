import { coverJson, streamJson } from "./anchor.js";
import type { SimulatedBroadcast } from "./broadcast.js";
import type { SimulatedPlatform } from "./platform.js";
import type { Ask, SimulatedReply } from "./reply.js";
import { html, json } from "./reply.js";
import type { SimulatedRoom } from "./room.js";

/** Answers `GET webcast.amemv.com/webcast/room/reflow/info/`: by room_id, or by the anchor's sec_user_id with the placeholder 2. */
export function reflowInfo(platform: SimulatedPlatform, ask: Ask): SimulatedReply {
  const now = platform.now();
  const roomId = ask.query.get("room_id") ?? "";
  const secUid = ask.query.get("sec_user_id") ?? "";
  const bad = (code: number, message: string): SimulatedReply =>
    json({ data: { message, prompts: message }, extra: { now }, status_code: code });
  if (roomId === "" || (roomId === PLACEHOLDER && secUid === "")) return bad(10011, "Request params error");
  const exact = roomId === PLACEHOLDER ? null : platform.byRoomId(roomId);
  const room = exact?.room ?? (secUid === "" ? null : platform.bySecUid(secUid));
  if (room === null) return bad(4001038, "内容不可见");
  const broadcast = exact?.broadcast ?? room.last;
  return json({
    data: { ...(broadcast === null ? {} : { room: roomOf(room, broadcast) }), user: ownerOf(room), prompts: "" },
    extra: { now },
    status_code: 0,
  });
}

/** Answers with the share page to which short links lead. It needs scripts that the simulator lacks; its address is what matters. */
export function reflowPage(platform: SimulatedPlatform, roomId: string): SimulatedReply {
  const found = platform.byRoomId(roomId);
  if (found === null) return html("<!DOCTYPE html><title>404</title>", [], 404);
  return html(
    `<!DOCTYPE html><html lang="zh"><meta charset="utf-8"><title>抖音直播</title><div id="root" data-room="${roomId}"></div></html>`,
  );
}

/** Value of room_id by which callers say that they know only the anchor. */
const PLACEHOLDER = "2";

function roomOf(room: SimulatedRoom, broadcast: SimulatedBroadcast): Record<string, unknown> {
  const ended = broadcast.endedAt;
  return {
    id: `@int:${broadcast.roomId}`,
    id_str: broadcast.roomId,
    status: ended === null ? 2 : 4,
    owner_user_id: `@int:${room.anchor.id}`,
    title: room.scenario.title,
    user_count: ended === null ? room.scenario.viewers : 0,
    create_time: Math.floor(broadcast.options.startedAt / 1000),
    finish_time: ended === null ? 0 : Math.floor(ended / 1000),
    cover: { ...coverJson(broadcast), uri: `webcast-cover/${broadcast.roomId}` },
    live_type_audio: room.scenario.audio === true,
    live_id: 1,
    ...(ended === null ? { stream_url: streamJson(broadcast) } : {}),
    owner: ownerOf(room),
  };
}

function ownerOf(room: SimulatedRoom): Record<string, unknown> {
  const { anchor, scenario } = room;
  return {
    id: `@int:${anchor.id}`,
    id_str: anchor.id,
    nickname: anchor.nickname,
    sec_uid: anchor.secUid,
    display_id: anchor.displayId,
    web_rid: scenario.webRid,
    avatar_thumb: anchor.user["avatar_thumb"],
    follow_info: { following_count: 29, follower_count: 5595, follow_status: 0 },
  };
}
