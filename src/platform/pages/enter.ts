import { msg } from "../../runtime/msg.js";
import type { Reply } from "../access/platform.js";
import { at, parseBounded } from "../wire/exact-json.js";
import { inStep, judge, NOT_VISIBLE, type Resolved } from "./answer.js";
import { anchorIn, number, roomIn, text } from "./page.js";

/** A GET of live.douyin.com by the site's own page, which signs its own requests; an identity's `pageGet`. */
export type InPage = (path: string, signal: AbortSignal) => Promise<Reply>;

const STEP = "enter";
const ENDED = 30003; // facts/protocol.md 1.2
const RADIO = 1; // room_status of a room with sound only

/**
 * Asks web/enter (facts/protocol.md 1.2). Guests' requests must be signed, which we cannot and do not: only the site's own page can ask.
 * @throws DyliveError unreachable, or what the browser throws
 */
export async function fromEnter(webRid: string, inPage: InPage, signal: AbortSignal): Promise<Resolved> {
  const query = new URLSearchParams({
    aid: "6383",
    app_name: "douyin_web",
    live_id: "1",
    device_platform: "web",
    language: "zh-CN",
    enter_from: "web_live",
    cookie_enabled: "true",
    web_rid: webRid,
    room_id_str: "",
  });
  const reply = await inStep(STEP, () => inPage(`/webcast/room/web/enter/?${query}`, signal));
  if (reply.status !== 200 || reply.body.length === 0)
    return { outcome: "unknown", step: STEP, reason: msg`web/enter answered HTTP ${reply.status} with ${reply.body.length} bytes` };
  let answer: unknown;
  try {
    answer = parseBounded(reply.body.toString("utf8"));
  } catch {
    return { outcome: "unknown", step: STEP, reason: "web/enter did not answer with JSON (a captcha page)" };
  }
  const data = at(answer, "data");
  const code = number(at(answer, "status_code")) ?? 0;
  const list = at(data, "data");
  // An empty list beside an account is an account without a room; anything else that names none says nothing.
  const room = Array.isArray(list) && list.length === 0 ? "none" : roomIn(at(list, 0));
  const anchor = anchorIn(at(data, "user") ?? at(at(list, 0), "owner"));
  if (code !== 0 && (code !== ENDED || anchor === null)) {
    const words = text(at(data, "prompts")) ?? text(at(data, "message"));
    const said = `status_code ${code}${words === null ? "" : `, ${words.slice(0, 100)}`}`;
    if (code === NOT_VISIBLE) return { outcome: "no_account", step: STEP, reason: msg`web/enter knows no such room (${said})` };
    return { outcome: "unknown", step: STEP, reason: msg`web/enter answered ${said}` };
  }
  return judge({
    step: STEP,
    webRid,
    room,
    anchor,
    audio: number(at(data, "room_status")) === RADIO || number(at(data, "enter_mode")) === RADIO,
  });
}
