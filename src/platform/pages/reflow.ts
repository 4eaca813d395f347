import { type MsgOrText, msg } from "../../runtime/msg.js";
import type { Platform } from "../access/platform.js";
import { at, parseBounded } from "../wire/exact-json.js";
import { inStep, type PageReading } from "./answer.js";
import { anchorIn, number, roomIn, text } from "./page.js";

/** Answer of reflow/info. */
type Reflow =
  | { readonly kind: "found"; readonly reading: PageReading; readonly paths: readonly string[] }
  | { readonly kind: "refused"; readonly code: number; readonly reason: MsgOrText }
  | { readonly kind: "unknown"; readonly reason: MsgOrText };

const STEP = "reflow";
/** Value of room_id that says that only the anchor is known (facts/protocol.md 1.1). */
const PLACEHOLDER = "2";

/**
 * Makes `GET reflow/info` (facts/protocol.md 1.3), without cookies, as the share page's first visitors ask it.
 * @returns `paths` are the ids that open the room's page, the surest first
 * @throws DyliveError unreachable
 */
export async function readReflow(
  wanted: { readonly roomId: string } | { readonly secUid: string },
  { platform, userAgent }: { readonly platform: Platform; readonly userAgent: string },
  signal: AbortSignal,
): Promise<Reflow> {
  const query = new URLSearchParams({ type_id: "0", live_id: "1", app_id: "1128", version_code: "99.99.99" });
  query.set("room_id", "roomId" in wanted ? wanted.roomId : PLACEHOLDER);
  if ("secUid" in wanted) query.set("sec_user_id", wanted.secUid);
  const reply = await inStep(STEP, () =>
    platform.get("webcast.amemv.com", `/webcast/room/reflow/info/?${query}`, { "user-agent": userAgent }, signal),
  );
  if (reply.status !== 200 || reply.body.length === 0)
    return unknown(msg`reflow/info answered HTTP ${reply.status} with ${reply.body.length} bytes`);
  let answer: unknown;
  try {
    answer = parseBounded(reply.body.toString("utf8"));
  } catch {
    return unknown("reflow/info did not answer with JSON (a captcha page)");
  }
  const data = at(answer, "data");
  const code = number(at(answer, "status_code"));
  if (code !== null && code !== 0) {
    const words = text(at(data, "prompts")) ?? text(at(data, "message"));
    return { kind: "refused", code, reason: `status_code ${code}${words === null ? "" : `, ${words.slice(0, 100)}`}` };
  }
  const room = at(data, "room");
  const owner = at(room, "owner") ?? at(data, "user");
  const webRid = text(at(owner, "web_rid"));
  const paths = [webRid, text(at(owner, "display_id"))].filter((id) => id !== null);
  const path = paths[0];
  if (path === undefined) return unknown("reflow/info names no room number");
  const audio = at(room, "live_type_audio");
  const reading: PageReading = {
    step: STEP,
    webRid: path,
    room: room === undefined ? "none" : roomIn(room),
    anchor: anchorIn(owner),
    audio: typeof audio === "boolean" ? audio : null,
  };
  return { kind: "found", reading, paths };
}

function unknown(reason: MsgOrText): Reflow {
  return { kind: "unknown", reason };
}
