import { shortNumber } from "./backdrop.js";
import type { SimulatedBroadcast } from "./broadcast.js";
import type { SimulatedRoom } from "./room.js";

/** Returns the anchor as pages and web/enter describe them. */
export function anchorJson(room: SimulatedRoom): Record<string, unknown> {
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
export function coverJson(broadcast: SimulatedBroadcast): Record<string, unknown> {
  const url = (host: string): string =>
    `https://${host}-webcast-sign.douyinpic.com/image-cut-tos-priv/${broadcast.roomId}~tplv-qz53dukwul-common-resize:0:0.image?biz_tag=app_6383_webcast&from=webcast.room.pack&s=enter_room&sc=webcast_cover&x-expires=1779176127&x-signature=c2ltdWxhdG9y%3D`;
  return { url_list: [url("p3"), url("p11")] };
}

/** Returns addresses of the picture. They lead nowhere: the simulator has no video. */
export function streamJson(broadcast: SimulatedBroadcast): Record<string, unknown> {
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
export function roomJson(room: SimulatedRoom, broadcast: SimulatedBroadcast, live = broadcast.endedAt === null): Record<string, unknown> {
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
