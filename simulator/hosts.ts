import { roomIntro, welcome } from "./backdrop.js";
import { HISTORY_LIMIT } from "./broadcast.js";
import { giftList } from "./gifts.js";
import type { OutgoingEnvelope } from "./messages.js";
import { encodePlanned, isGift, type Outgoing } from "./outgoing.js";
import { enter, homePage, mainPage, PUSH_HOSTS, profilePage, reflowInfo, reflowPage, roomPage, ttwidLine } from "./pages.js";
import { pictureAt } from "./pictures.js";
import type { SimulatedPlatform } from "./platform.js";
import { hash32, makeId } from "./random.js";
import { type Ask, addressOf, emptyReply, html, json, type SimulatedReply, viewerOf } from "./reply.js";
import type { SchemaFields } from "./schema.js";

/** The host of a request without a prefix. */
const HOME_HOST = "live.douyin.com";

/** Splits `/@host/path` into the platform's host and the path there. Of several the last counts: a page's own links to `/@sdk/…` come under its host. */
export function splitHost(path: string): { readonly host: string; readonly path: string } {
  const match = /^(?:\/@[^/]+)*\/@([^/]+)(\/.*)?$/.exec(path);
  return match === null ? { host: HOME_HOST, path } : { host: match[1] ?? HOME_HOST, path: match[2] ?? "/" };
}

/** When anchors wrote their introductions, ms UTC. */
const WRITTEN_AT = Date.UTC(2022, 5);

/** Answers as the platform's host does. */
export function answer(platform: SimulatedPlatform, ask: Ask): SimulatedReply {
  const { host, path } = ask;
  const broken = platform.broken.get(host);
  if (broken !== undefined) return { ...emptyReply(), status: broken };
  if (/^www(?:-hj)?\.douyin\.com$/.test(host) && path === "/aweme/v1/web/query/user/") return queryUser(platform, ask);
  const other = pictureAt(ask) ?? platform.works.answer(ask);
  if (other !== null) return other;
  switch (host) {
    case HOME_HOST:
    case "www.live.douyin.com":
      return liveHost(platform, ask);
    case "webcast.amemv.com": {
      if (path === "/webcast/room/reflow/info/") return reflowInfo(platform, ask);
      const page = /^\/douyin\/webcast\/reflow\/(\d+)\/?$/.exec(path);
      return page === null ? notFound() : reflowPage(platform, page[1] ?? "");
    }
    case "v.douyin.com":
      return shortLink(platform, ask);
    case "www.douyin.com": {
      if (path === "/") return mainPage(platform, ask);
      const live = /^\/(?:follow\/)?live\/([^/]+)\/?$/.exec(path);
      if (live !== null) return redirect(addressOf(ask, HOME_HOST, `/${live[1] ?? ""}`));
      const user = /^\/user\/([^/]+)\/?$/.exec(path);
      return user === null ? notFound() : profilePage(platform, user[1] ?? "");
    }
    case "www.iesdouyin.com": {
      const user = /^\/share\/user\/([^/]+)\/?$/.exec(path);
      return user === null ? notFound() : profilePage(platform, user[1] ?? "");
    }
    case "ttwid.bytedance.com": {
      if (path !== "/ttwid/union/register/" || ask.method !== "POST") return notFound();
      const cookie = `ttwid=${platform.makeTtwid()}; Path=/; Max-Age=31536000; HttpOnly`;
      return withCookie(json({ status_code: 0, message: "success" }), cookie);
    }
    case "mssdk.bytedance.com":
      if (path !== "/web/r/token" || ask.method !== "POST") return notFound();
      return withCookie(json({}), `msToken=${platform.makeMsToken()}; Path=/; Max-Age=604800; Secure; SameSite=None`);
    default:
      return notFound();
  }
}

/** Answers as live.douyin.com does, which sets a visitor's ttwid again in every reply. */
function liveHost(platform: SimulatedPlatform, ask: Ask): SimulatedReply {
  const reply = liveReply(platform, ask);
  const ttwid = ask.cookies.get("ttwid");
  return ttwid ? withCookie(reply, ttwidLine(ask, ttwid)) : reply;
}

function withCookie(reply: SimulatedReply, cookie: string): SimulatedReply {
  return { ...reply, headers: { ...reply.headers, "set-cookie": [reply.headers["set-cookie"] ?? [], cookie].flat() } };
}

/** Answers who the visitor is: a device's ids, the same for guests and for accounts. */
function queryUser(platform: SimulatedPlatform, { cookies, headers }: Ask): SimulatedReply {
  const ttwid = cookies.get("ttwid");
  if (!ttwid) return emptyReply();
  const id = platform.userUniqueId(ttwid);
  const now = String(Math.floor(platform.now() / 1000));
  return json({
    ...{ browser_name: "Chrome", create_time: now, firebase_instance_id: "", id, last_time: now, status_code: 0, status_msg: null },
    ...{ user_agent: headers["user-agent"] ?? "", user_uid: `1${id.slice(-11)}`, user_uid_type: 0 },
  });
}

function liveReply(platform: SimulatedPlatform, ask: Ask): SimulatedReply {
  switch (ask.path) {
    case "/":
      return homePage(platform, ask);
    case "/webcast/room/web/enter/":
      return enter(platform, ask);
    case "/webcast/im/fetch/":
      return imFetch(platform, ask);
    case "/webcast/gift/list/":
      return giftList(platform, ask);
    default: {
      const room = /^\/([A-Za-z0-9_.-]{1,128})\/?$/.exec(ask.path);
      return room === null ? notFound() : roomPage(platform, ask, room[1] ?? "");
    }
  }
}

function shortLink(platform: SimulatedPlatform, ask: Ask): SimulatedReply {
  const code = /^\/([A-Za-z0-9_-]+)\/?$/.exec(ask.path)?.[1] ?? "";
  const elsewhere = platform.shortLinks.get(code);
  if (elsewhere !== undefined) return redirect(elsewhere);
  const room = platform.byShortCode(code);
  if (room === null) return notFound();
  const { last, anchor } = room;
  if (last === null)
    return redirect(addressOf(ask, "www.iesdouyin.com", `/share/user/${anchor.secUid}?from_ssr=1&sec_uid=${anchor.secUid}`));
  const query = `u_code=simulator&type_id=0&sec_user_id=${anchor.secUid}&with_sec_did=1`;
  return redirect(addressOf(ask, "webcast.amemv.com", `/douyin/webcast/reflow/${last.roomId}?${query}`));
}

function redirect(location: string): SimulatedReply {
  return { status: 302, headers: { location, "content-type": "text/html; charset=utf-8" }, body: `<a href="${location}">Found</a>.` };
}

function notFound(): SimulatedReply {
  return html('<!DOCTYPE html><html lang="zh"><meta charset="utf-8"><title>404</title></html>', [], 404);
}

/**
 * Answers `GET live.douyin.com/webcast/im/fetch/`: a bare Response with the push hosts, the resume texts and a first batch of messages.
 * A visitor's second call for the same room gets HTTP 200, JSON and zero bytes.
 */
function imFetch(platform: SimulatedPlatform, ask: Ask): SimulatedReply {
  const ttwid = ask.cookies.get("ttwid");
  const roomId = ask.query.get("room_id") ?? "";
  const visitor = ask.query.get("user_unique_id") ?? "";
  const found = platform.byRoomId(roomId);
  if (!ttwid || visitor === "" || found === null || !platform.firstFetch(`${ttwid}/${visitor}`, roomId)) return emptyReply();
  const { broadcast, room } = found;
  const { schema } = platform.options;
  const now = platform.now();
  const startedAt = broadcast.options.startedAt;
  // Here the envelope's id is the message's own (facts/changes-2026.md 7).
  const say = (method: string, at: number, fields: (envelope: OutgoingEnvelope) => SchemaFields) => {
    const msgId = makeId(at, hash32(`${method}/${roomId}`));
    return encodePlanned(schema, { at, method, msgId, sendingId: msgId, fields: fields({ method, msgId, roomId }) });
  };
  const welcomed = (envelope: OutgoingEnvelope) => welcome({ ...envelope, createTime: startedAt });
  const greeting = say("WebcastRoomMessage", startedAt, welcomed);
  const intro = say("WebcastRoomIntroMessage", WRITTEN_AT, (envelope) => roomIntro(envelope, room.anchor));
  const cursor = `d-1_u-1_fh-${roomId}_t-${now}_r-1`;
  const internalExt = `internal_src:dim|wss_push_room_id:${roomId}|wss_push_did:${visitor}|first_req_ms:${now}|fetch_time:${now}|seq:1|wss_info:0-${now}-0-0|wrds_v:${roomId}`;
  // As JSON it has only what is of the room itself.
  if (ask.query.get("resp_content_type") === "json") {
    broadcast.book([greeting]);
    const fields = welcomed({ method: greeting.method, msgId: greeting.msgId, roomId });
    return json({ data: [fields], extra: { cursor, fetch_interval: 1000, now }, internal_ext: internalExt, status_code: 0 });
  }
  const ended = broadcast.endedAt !== null;
  const gifts = platform.givesGifts(platform.knowsLogin(ask.cookies));
  const viewer = viewerOf(ask.cookies, visitor);
  const isGiven = (message: Outgoing): boolean =>
    (!isGift(message.method) || (gifts && platform.moods.admits(viewer, roomId, message, now, false))) &&
    room.sampling.admits(viewer, message);
  const messages = [greeting, intro, ...(ended ? [] : broadcast.history(HISTORY_LIMIT - 2, isGiven))];
  broadcast.book(messages);
  const body = schema.encode("Response", {
    messages: messages.map((message) => ({
      method: message.method,
      payload: message.payload,
      msg_id: message.msgId,
      message_extra: [
        { key: "history_comment_type", value: "normal" },
        ...(message === greeting ? [{ key: "top_message", value: "1" }] : []),
      ],
    })),
    cursor,
    fetch_interval: 1000,
    now,
    internal_ext: internalExt,
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
