import { anchorJson, roomJson } from "./anchor.js";
import type { SimulatedPlatform } from "./platform.js";
import type { Ask, SimulatedReply } from "./reply.js";
import { emptyReply, json } from "./reply.js";

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
