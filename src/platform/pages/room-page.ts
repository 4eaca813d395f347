import type { Platform } from "../access/platform.js";
import type { Visitor } from "../access/visitor.js";
import { readLogin } from "../accounts/login.js";
import { inStep, judge, type Resolved } from "./answer.js";
import { readPage } from "./page.js";

const STEP = "page";

/** Reads a room's page. As a side effect the visitor learns the cookies and the id that a connection needs. @throws DyliveError unreachable */
export async function fromPage(id: string, platform: Platform, visitor: Visitor, signal: AbortSignal): Promise<Resolved> {
  let seen = "a captcha or challenge page";
  // A visitor without cookies is first given a challenge page that sets one (facts/protocol.md 1.4); the second visit gets the room.
  for (let visit = 0; visit < 2; visit++) {
    const headers = visitor.headers({ accept: "text/html" });
    const reply = await inStep(STEP, () => platform.get("live.douyin.com", `/${encodeURIComponent(id)}`, headers, signal));
    visitor.learn(reply.headers["set-cookie"]);
    if (reply.status === 404 || reply.status === 410)
      return { outcome: "no_account", step: STEP, reason: `the room page answered HTTP ${reply.status}` };
    if (reply.status !== 200) return { outcome: "unknown", step: STEP, reason: `the room page answered HTTP ${reply.status}` };
    const html = reply.body.toString("utf8");
    const state = readPage(html);
    if (state === null) {
      seen = reply.body.length === 0 ? "an empty reply" : "a captcha or challenge page";
      continue;
    }
    visitor.login = readLogin(html);
    if (state.userUniqueId !== null) visitor.userUniqueId = state.userUniqueId;
    return judge({ step: STEP, webRid: state.webRid ?? id, room: state.room, anchor: state.anchor, audio: state.audio });
  }
  return { outcome: "unknown", step: STEP, reason: `the room page holds no state (${seen})` };
}
