import { shortNumber } from "./backdrop.js";
import type { SimulatedBroadcast } from "./broadcast.js";
import type { SimulatedPlatform } from "./platform.js";
import { type Ask, cookieScope, emptyReply, html, json, type SimulatedReply } from "./reply.js";
import type { SimulatedRoom } from "./room.js";

/** Answers `GET live.douyin.com/webcast/room/web/enter/`. Without ttwid, or as a guest without a_bogus: HTTP 200 and not a byte. */
export function enter(platform: SimulatedPlatform, ask: Ask): SimulatedReply {
  const guest = !platform.knowsLogin(ask.cookies);
  if (platform.captcha || !ask.cookies.get("ttwid") || (guest && !ask.query.get("a_bogus"))) return emptyReply();
  const now = platform.now();
  const webRid = ask.query.get("web_rid") ?? "";
  if (webRid === "")
    return json({ data: { message: "Request params error", prompts: "Request params error" }, extra: { now }, status_code: 10011 });
  const room = platform.byWebId(webRid);
  if (room === null) {
    return json({ data: { message: "内容不可见", prompts: "内容不可见" }, extra: { now }, status_code: 4001038 });
  }
  const { last, live } = room;
  return json({
    data: {
      data: last === null ? [] : [roomJson(room, last)],
      enter_room_id: last?.roomId ?? "",
      extra: { digg_color: "0", pay_scores: "0", is_official_channel: false, signature: "", vr_type: 0 },
      user: anchorJson(room),
      qrcode_url: "",
      enter_mode: room.scenario.audio ? 1 : 0,
      room_status: live === null ? 2 : room.scenario.audio ? 1 : 0,
      partition_road_map: { partition: { id_str: "1", type: 1, title: room.scenario.kind === "shopping" ? "购物" : "聊天" } },
      similar_rooms: [],
      shark_decision_conf: "",
      web_stream_url: {
        flv_pull_url: {},
        default_resolution: "",
        hls_pull_url_map: {},
        hls_pull_url: "",
        stream_orientation: 0,
        pull_datas: {},
      },
      login_lead: { is_login: !guest, level: 0, items: {} },
      ...(live === null ? { prompts: "直播已结束" } : {}),
    },
    extra: { now },
    status_code: 0,
  });
}

/** Answers `GET live.douyin.com/`: its cookie is what most come for; a browser also gets the SDK, the visitor's id and who is logged in. */
export function homePage(platform: SimulatedPlatform, ask: Ask): SimulatedReply {
  if (platform.captcha) return html(captchaPage());
  const { ttwid, setCookies } = ttwidCookie(platform, ask);
  const isLogin = platform.knowsLogin(ask.cookies);
  const uniqueId = platform.userUniqueId(ttwid);
  const scripts = [headerPush(isLogin, uniqueId), push(`d:${JSON.stringify(["$", "$L10", null, { state: visitorState(uniqueId) }])}\n`)];
  const own = `${SDK_TAG}<script>window.__simulatorLoggedIn=${isLogin}</script><script src="/@sdk/home.js" defer></script>`;
  return html(document(platform, "抖音直播", scripts, own), setCookies);
}

/** Answers `GET www.douyin.com/`: programs come for its `__ac_nonce`, which it sets for those who have none. */
export function mainPage(platform: SimulatedPlatform, ask: Ask): SimulatedReply {
  if (platform.captcha) return html(captchaPage());
  return ask.cookies.get("__ac_nonce") ? html(document(platform, "抖音", [], "")) : challenge(platform, ask);
}

/** Answers `GET live.douyin.com/<web_rid>`: a challenge to those without __ac_nonce, else the page with its streamed state. */
export function roomPage(platform: SimulatedPlatform, ask: Ask, id: string): SimulatedReply {
  if (platform.captcha) return html(captchaPage());
  if (!ask.cookies.get("__ac_nonce")) return challenge(platform, ask);
  const { ttwid, setCookies } = ttwidCookie(platform, ask);
  const room = platform.byWebId(id);
  if (room === null)
    return html('<!DOCTYPE html><html lang="zh"><meta charset="utf-8"><title>404</title><p>页面不存在</p></html>', setCookies, 404);
  return html(statePage(platform, room, platform.userUniqueId(ttwid), platform.knowsLogin(ask.cookies)), setCookies);
}

/** Answers with the small page that sets `__ac_nonce`. A real browser reloads by itself; other clients ask again with the cookie. */
function challenge(platform: SimulatedPlatform, ask: Ask): SimulatedReply {
  const body =
    '<!DOCTYPE html><html><head><meta charset="utf-8"></head><body><script>setTimeout(function(){location.reload()},50)</script></body></html>';
  return html(body, [`__ac_nonce=${platform.makeNonce()}; Path=/; Max-Age=1800${cookieScope(ask)}`]);
}

/** Answers `GET www.douyin.com/user/<sec_uid>` and its mobile form. */
export function profilePage(platform: SimulatedPlatform, secUid: string): SimulatedReply {
  const room = platform.bySecUid(secUid);
  if (platform.captcha) return html(captchaPage());
  if (room === null) return html('<!DOCTYPE html><html lang="zh"><meta charset="utf-8"><title>404</title></html>', [], 404);
  const { live, anchor } = room;
  const user = {
    uniqueId: room.scenario.customId ?? anchor.displayId,
    unique_id: room.scenario.customId ?? anchor.displayId,
    nickname: anchor.nickname,
    secUid: anchor.secUid,
    roomIdStr: live?.roomId ?? "0",
    ...(live === null ? {} : { roomData: JSON.stringify({ status: 2, owner: { web_rid: room.scenario.webRid } }) }),
  };
  const body = `<span>抖音号：${user.unique_id}</span>${live === null ? "" : "<span>直播中</span>"}`;
  return html(document(platform, anchor.nickname, [push(`6:${JSON.stringify(["$", "$L7", null, { user: { user } }])}\n`)], body));
}

function ttwidCookie(platform: SimulatedPlatform, ask: Ask): { readonly ttwid: string; readonly setCookies: string[] } {
  const given = ask.cookies.get("ttwid");
  if (given) return { ttwid: given, setCookies: [] };
  const ttwid = platform.makeTtwid();
  return { ttwid, setCookies: [ttwidLine(ask, ttwid)] };
}

/** Returns the Set-Cookie of a visitor's ttwid. */
export function ttwidLine(ask: Ask, ttwid: string): string {
  return `ttwid=${ttwid}; Path=/; Max-Age=31536000; HttpOnly${cookieScope(ask)}`;
}

/** Returns the parts of the state that tell of the visitor. */
function visitorState(uniqueId: string) {
  return {
    appStore: { platform: "pc", isSpider: false },
    userStore: { odin: { user_id: "", user_type: 12, user_is_auth: 0, user_unique_id: uniqueId } },
  };
}

function headerPush(isLogin: boolean, uniqueId: string): string {
  const header = { isLogin, ...(isLogin ? { nickname: "已登录的观众", uid: uniqueId } : {}) };
  return push(`7:${JSON.stringify(["$", "$L8", null, { "header-user-info": header }])}\n`);
}

function statePage(platform: SimulatedPlatform, room: SimulatedRoom, uniqueId: string, isLogin: boolean): string {
  const { last, scenario, anchor } = room;
  const live = room.misread() ? null : room.live;
  const form = last === null ? "plain" : room.pageForm;
  const own = last === null ? null : roomJson(room, last, live !== null);
  const isReferred = form === "referred" || form === "missing";
  const roomInfo = {
    ...(own === null ? {} : { room: isReferred ? "$13" : own }),
    // A pushedid may stand here even where there is no room; only `room` proves one.
    roomId: last?.roomId ?? "",
    anchor: anchorJson(room),
    web_rid: scenario.webRid,
    enter_mode: scenario.audio ? 1 : 0,
    web_stream_url: live === null ? {} : streamJson(live),
  };
  const state = {
    ...visitorState(uniqueId),
    roomStore: { roomInfo, liveStatus: live === null ? "end" : "normal" },
    linkmicStore: {},
    streamStore: { streamData: { H264_streamData: live === null ? null : streamJson(live), H265_streamData: null } },
  };
  const filler = Array.from({ length: 40 }, (_, index) =>
    push(
      `${index + 100}:["$","link","${index}",${JSON.stringify({ rel: "stylesheet", href: `/static/css/${"0123456789abcdef".repeat(24)}.${index}.css` })}]\n`,
    ),
  );
  // A real browser opens the WebSocket by these; they share only names with the site's.
  const pushed = JSON.stringify({
    ...{ roomId: live?.roomId ?? "", userUniqueId: uniqueId, pushHost: PUSH_HOSTS[0], needsClick: room.needsClick },
  });
  const scripts = `${SDK_TAG}<script>window.__simulatorRoom=${pushed}</script><script src="/@sdk/room.js" defer></script>`;
  const offline = live === null ? (last === null ? "<p>暂未开播</p>" : "<p>直播已结束</p>") : "";
  return document(
    platform,
    `${anchor.nickname}的抖音直播间`,
    [
      ...[...filler, headerPush(isLogin, uniqueId)],
      ...(form === "attribute" ? [] : [push(`d:${JSON.stringify(["$", "$L10", null, { state }])}\n`)]),
      ...(form === "referred" ? [push(`13:${JSON.stringify(own)}\n`)] : []),
    ],
    `${form === "attribute" ? `<div data-state="${escaped(JSON.stringify({ state }))}"></div>` : ""}${offline}${scripts}`,
  );
}

/** Writes one call of the streamed state: the text inside is escaped as JavaScript and cannot end the script. */
function push(text: string): string {
  return `self.__pace_f.push([1,${JSON.stringify(text).replaceAll("<", "\\u003c")}])`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}

/** Writes a page with its streamed state. Each script has the page's nonce, and the space behind it that other programs look for. */
function document(platform: SimulatedPlatform, title: string, scripts: readonly string[], body: string): string {
  const open = `<script nonce="${platform.makeScriptNonce()}" >`;
  const tags = ["self.__pace_f=self.__pace_f||[]", ...scripts].map((script) => `${open}${script}</script>`).join("");
  return `<!DOCTYPE html><html lang="zh"><head><meta charset="utf-8"><title>${title.replaceAll("<", "&lt;")}</title></head><body>${body}${tags}</body></html>`;
}

function captchaPage(): string {
  return `<!DOCTYPE html><html><head><meta charset="utf-8"><title>验证码中间页</title></head><body><script>${`var TTGCaptcha={};`.padEnd(6000, " ")}</script></body></html>`;
}

/** The SDK comes before the page's own script, as a plain script. */
const SDK_TAG = '<script src="/@sdk/webmssdk.js"></script>';

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

/** Answers with the share page to which short links lead. It needs scripts that the simulator lacks; its address matters, and the room's number in its state. */
export function reflowPage(platform: SimulatedPlatform, roomId: string): SimulatedReply {
  const found = platform.byRoomId(roomId);
  if (found === null) return html("<!DOCTYPE html><title>404</title>", [], 404);
  const { anchor, scenario } = found.room;
  const owner = { mysteryMan: 1, webRid: scenario.webRid, desensitizedNickname: anchor.nickname };
  const state = push(`7:${JSON.stringify(["$", "$L8", null, { roomId, owner }])}\n`);
  return html(document(platform, "抖音直播", [state], `<div id="root" data-room="${roomId}"></div>`));
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

/** Returns the anchor as pages and web/enter describe them. */
function anchorJson(room: SimulatedRoom): Record<string, unknown> {
  const { anchor } = room;
  return {
    id_str: anchor.id,
    sec_uid: anchor.secUid,
    nickname: anchor.nickname,
    avatar_thumb: anchor.user["avatar_thumb"],
    follow_info: { follow_status: 0, follow_status_str: "0" },
    foreign_user: 0,
    open_id_str: "",
  };
}

/** Returns the cover's URLs; their signatures are only of the platform's shape. */
function coverJson(broadcast: SimulatedBroadcast): Record<string, unknown> {
  const url = (host: string): string =>
    `https://${host}-webcast-sign.douyinpic.com/image-cut-tos-priv/${broadcast.roomId}~tplv-qz53dukwul-common-resize:0:0.image?biz_tag=app_6383_webcast&from=webcast.room.pack&s=enter_room&sc=webcast_cover&x-expires=1779176127&x-signature=c2ltdWxhdG9y%3D`;
  return { url_list: [url("p3"), url("p11")] };
}

/** Returns addresses of the picture. They lead nowhere: the simulator has no video. */
function streamJson(broadcast: SimulatedBroadcast): Record<string, unknown> {
  const stream = `stream-${broadcast.roomId.slice(0, 18)}`;
  const flv = (quality: string): string =>
    `http://pull-flv-q26.douyincdn.com/thirdgame/${stream}_${quality}.flv?expire=69edc03f&sign=simulator`;
  const hls = (quality: string): string =>
    `http://pull-hls-q26.douyincdn.com/thirdgame/${stream}_${quality}.m3u8?expire=69edc03f&sign=simulator`;
  const qualities = { FULL_HD1: "uhd", HD1: "hd", SD1: "ld", SD2: "sd" };
  const map = (make: (quality: string) => string): Record<string, string> =>
    Object.fromEntries(Object.entries(qualities).map(([key, quality]) => [key, make(quality)]));
  const quality = (name: string, sdkKey: string, level: number): Record<string, unknown> => ({
    name,
    sdk_key: sdkKey,
    v_codec: "264",
    resolution: "",
    level,
    v_bit_rate: level * 1_000_000,
    fps: 30,
    disable: 0,
  });
  const streamData = {
    common: { stream },
    data: Object.fromEntries(
      ["origin", "uhd", "hd", "sd", "ld"].map((key) => [key, { main: { flv: flv(key), hls: hls(key), sdk_params: "{}" } }]),
    ),
  };
  return {
    flv_pull_url: map(flv),
    default_resolution: "HD1",
    hls_pull_url_map: map(hls),
    hls_pull_url: hls("or4"),
    stream_orientation: 1,
    live_core_sdk_data: {
      pull_data: {
        options: {
          default_quality: quality("原画", "origin", 5),
          qualities: [
            quality("标清", "ld", 1),
            quality("高清", "sd", 2),
            quality("超清", "hd", 3),
            quality("蓝光", "uhd", 4),
            quality("原画", "origin", 5),
          ],
        },
        stream_data: JSON.stringify(streamData),
      },
    },
    pull_datas: {},
  };
}

/** Returns the room object of web/enter and of the page's state. An ended room has neither owner nor streams. */
function roomJson(room: SimulatedRoom, broadcast: SimulatedBroadcast, live = broadcast.endedAt === null): Record<string, unknown> {
  const { scenario } = room;
  const status = live ? 2 : 4;
  const viewers = live ? scenario.viewers : 0;
  const shown = shortNumber(viewers);
  // Coarser than the count that the page shows (facts/changes-2026.md 4).
  const coarse = viewers < 100 || viewers >= 10_000 ? shown : `${Math.floor(viewers / 100) * 100}+`;
  const head = {
    id_str: broadcast.roomId,
    status,
    status_str: `${status}`,
    title: scenario.title,
    user_count_str: coarse,
    cover: coverJson(broadcast),
  };
  if (!live)
    return {
      ...head,
      mosaic_status: 0,
      admin_user_ids: [],
      admin_user_ids_str: [],
      stats: { total_user_str: "0", user_count_str: "0", like_count: 0 },
      like_count: 0,
      owner_user_id_str: "",
    };
  return {
    ...head,
    stream_url: streamJson(broadcast),
    mosaic_status: 0,
    mosaic_status_str: "0",
    admin_user_ids: [],
    admin_user_ids_str: [],
    owner: { ...anchorJson(room), subscribe: { is_member: false, level: 0, identity_type: 0, buy_type: 0, open: 1 } },
    room_auth: {
      Chat: true,
      Danmaku: false,
      Gift: true,
      LuckMoney: true,
      Digg: true,
      RoomContributor: true,
      Props: true,
      UserCard: true,
      Banner: 1,
      Share: 1,
    },
    live_room_mode: 1,
    stats: { total_user_desp: "", like_count: 0, total_user_str: shortNumber(viewers * 14), user_count_str: coarse },
    has_commerce_goods: scenario.kind === "shopping",
    linker_map: {},
    room_view_stats: {
      is_hidden: false,
      display_short: shown,
      display_middle: shown,
      display_long: `${shown}在线观众`,
      display_value: viewers,
      display_version: 1663849727,
      incremental: false,
      display_type: 1,
    },
    like_count: broadcast.likesTotal,
    owner_user_id_str: "",
  };
}

/** Hosts of the push server in 2026. */
export const PUSH_HOSTS = ["webcast100-ws-web-hl.douyin.com", "webcast100-ws-web-lf.douyin.com", "webcast100-ws-web-lq.douyin.com"];
