import { welcome } from "./backdrop.js";
import { HISTORY_LIMIT } from "./broadcast.js";
import { encodePlanned, isGift, type Outgoing } from "./outgoing.js";
import type { SimulatedPlatform } from "./platform.js";
import { hash32, makeId } from "./random.js";
import type { Ask, SimulatedReply } from "./reply.js";
import { emptyReply, viewerOf } from "./reply.js";

/**
 * Answers `GET live.douyin.com/webcast/im/fetch/`: a bare Response with the push hosts, the resume texts and a first batch of messages.
 * A visitor's second call for the same room gets HTTP 200, JSON and zero bytes.
 */
export function imFetch(platform: SimulatedPlatform, ask: Ask): SimulatedReply {
  const ttwid = ask.cookies.get("ttwid");
  const roomId = ask.query.get("room_id") ?? "";
  const visitor = ask.query.get("user_unique_id") ?? "";
  const found = platform.byRoomId(roomId);
  if (!ttwid || visitor === "" || found === null || !platform.firstFetch(`${ttwid}/${visitor}`, roomId)) return emptyReply();
  const { broadcast, room } = found;
  const { schema } = platform.options;
  const now = platform.now();
  const startedAt = broadcast.options.startedAt;
  const method = "WebcastRoomMessage";
  const msgId = makeId(startedAt, hash32(`welcome/${roomId}`));
  const greeting = encodePlanned(schema, {
    at: startedAt,
    method,
    msgId,
    sendingId: makeId(now, hash32(`sent/${msgId}/${visitor}`)),
    fields: welcome({ method, msgId, roomId, createTime: startedAt }),
  });
  const ended = broadcast.endedAt !== null;
  const gifts = platform.givesGifts(platform.knowsLogin(ask.cookies));
  const viewer = viewerOf(ask.cookies, visitor);
  const isGiven = (message: Outgoing): boolean =>
    (!isGift(message.method) || (gifts && platform.moods.admits(viewer, roomId, message, now, false))) &&
    room.sampling.admits(viewer, message);
  const messages = [greeting, ...(ended ? [] : broadcast.history(HISTORY_LIMIT - 1, isGiven))];
  broadcast.book(messages);
  const body = schema.encode("Response", {
    messages: messages.map((message) => ({ method: message.method, payload: message.payload, msg_id: message.sendingId })),
    cursor: `d-1_u-1_fh-${roomId}_t-${now}_r-1`,
    fetch_interval: 1000,
    now,
    internal_ext: `internal_src:dim|wss_push_room_id:${roomId}|wss_push_did:${visitor}|first_req_ms:${now}|fetch_time:${now}|seq:1|wss_info:0-${now}-0-0|wrds_v:${roomId}`,
    fetch_type: 1,
    heartbeat_duration: 10,
    need_ack: false,
    push_server: PUSH_HOSTS.map((host) => `https://${host}`).join(","),
    live_cursor: "d-1_u-1",
    history_no_more: true,
    push_server_v2: PUSH_HOSTS[0],
  });
  return { status: 200, headers: { "content-type": "application/protobuffer" }, body };
}

/** Hosts of the push server in 2026. */
export const PUSH_HOSTS = ["webcast100-ws-web-hl.douyin.com", "webcast100-ws-web-lf.douyin.com", "webcast100-ws-web-lq.douyin.com"];
