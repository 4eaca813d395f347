import { type MsgOrText, msg } from "../../runtime/msg.js";
import type { Platform, Reply } from "../access/platform.js";
import { Visitor } from "../access/visitor.js";
import { at, parseBounded, streamedState } from "../wire/exact-json.js";
import { inStep, judge, NOT_VISIBLE, type NoAccount, type PageReading, type Resolved, type Unknown } from "./answer.js";
import { anchorIn, number, roomIn, text } from "./page.js";

/** A GET of live.douyin.com by the site's own page, which signs its own requests; an identity's `pageGet`. */
export type InPage = (path: string, signal: AbortSignal) => Promise<Reply>;

/** Way to ask without cookies. */
interface AsGuest {
  readonly platform: Platform;
  readonly userAgent: string;
}

/** The JSON of a reply of one of the site's interfaces, with what it says by its status_code; else why there is none. */
type JsonReply =
  | { readonly answer: unknown; readonly code: number; readonly said: string }
  | { readonly answer?: never; readonly reason: MsgOrText };

/** @param name of the interface, for sentences */
export function jsonIn({ status, body }: Pick<Reply, "status" | "body">, name: string, parse = parseBounded): JsonReply {
  if (status !== 200 || body.length === 0) return { reason: msg`${name} answered HTTP ${status} with ${body.length} bytes` };
  let answer: unknown;
  try {
    answer = parse(body.toString("utf8"));
  } catch {
    return { reason: msg`${name} did not answer with JSON (a captcha page)` };
  }
  const code = number(at(answer, "status_code")) ?? 0;
  const data = at(answer, "data");
  const words = text(at(data, "prompts")) ?? text(at(data, "message"));
  return { answer, code, said: `status_code ${code}${words === null ? "" : `, ${words.slice(0, 100)}`}` };
}

/**
 * Asks web/enter (facts/protocol.md 1.2). Guests' requests must be signed, which we cannot and do not: only the site's own page can ask.
 * @throws DyliveError unreachable, or what the browser throws
 */
export async function fromEnter(webRid: string, inPage: InPage, signal: AbortSignal): Promise<Resolved> {
  const step = "enter";
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
  const read = jsonIn(await inStep(step, () => inPage(`/webcast/room/web/enter/?${query}`, signal)), "web/enter");
  if ("reason" in read) return { outcome: "unknown", step, reason: read.reason };
  const { answer, code, said } = read;
  const data = at(answer, "data");
  const list = at(data, "data");
  // An empty list beside an account is an account without a room; anything else that names none says nothing.
  const room = Array.isArray(list) && list.length === 0 ? "none" : roomIn(at(list, 0));
  const anchor = anchorIn(at(data, "user") ?? at(at(list, 0), "owner"));
  const hasEnded = code === 30003 && anchor !== null; // facts/protocol.md 1.2
  if (code === NOT_VISIBLE) return { outcome: "no_account", step, reason: msg`web/enter knows no such room (${said})` };
  if (code !== 0 && !hasEnded) return { outcome: "unknown", step, reason: msg`web/enter answered ${said}` };
  // 1 is a room with sound only.
  return judge({ step, webRid, room, anchor, audio: at(data, "room_status") === 1 || at(data, "enter_mode") === 1 });
}

/** Answer of reflow/info. */
type Reflow =
  | { readonly kind: "found"; readonly reading: PageReading; readonly paths: readonly string[] }
  | { readonly kind: "refused"; readonly code: number; readonly reason: string }
  | { readonly kind: "unknown"; readonly reason: MsgOrText };

/**
 * Makes `GET reflow/info` (facts/protocol.md 1.3), without cookies, as the share page's first visitors ask it.
 * @returns `paths` are the ids that open the room's page, the surest first
 * @throws DyliveError unreachable
 */
export async function readReflow(
  wanted: { readonly roomId: string } | { readonly secUid: string },
  { platform, userAgent }: AsGuest,
  signal: AbortSignal,
): Promise<Reflow> {
  const step = "reflow";
  const query = new URLSearchParams({ type_id: "0", live_id: "1", app_id: "1128", version_code: "99.99.99" });
  // 2 says that only the anchor is known (facts/protocol.md 1.1).
  query.set("room_id", "roomId" in wanted ? wanted.roomId : "2");
  if ("secUid" in wanted) query.set("sec_user_id", wanted.secUid);
  const reply = await inStep(step, () =>
    platform.get("webcast.amemv.com", `/webcast/room/reflow/info/?${query}`, { "user-agent": userAgent }, signal),
  );
  const read = jsonIn(reply, "reflow/info");
  if ("reason" in read) return { kind: "unknown", reason: read.reason };
  const { answer, code, said } = read;
  if (code !== 0) return { kind: "refused", code, reason: said };
  const data = at(answer, "data");
  const room = at(data, "room");
  const owner = at(room, "owner") ?? at(data, "user");
  const paths = [text(at(owner, "web_rid")), text(at(owner, "display_id"))].filter((id) => id !== null);
  const [webRid] = paths;
  if (webRid === undefined) return { kind: "unknown", reason: "reflow/info names no room number" };
  const audio = at(room, "live_type_audio");
  const reading: PageReading = {
    step,
    webRid,
    room: room === undefined ? "none" : roomIn(room),
    anchor: anchorIn(owner),
    audio: typeof audio === "boolean" ? audio : null,
  };
  return { kind: "found", reading, paths };
}

/**
 * Reads the id that opens an anchor's room from their profile (facts/protocol.md 1.6), as a guest: another host's cookies are not ours to send.
 * @throws DyliveError unreachable
 */
export async function readProfile(
  secUid: string,
  { platform, userAgent }: AsGuest,
  signal: AbortSignal,
): Promise<{ readonly uniqueId: string } | NoAccount | Unknown> {
  const step = "profile";
  const guest = new Visitor(userAgent);
  for (let visit = 0; visit < 2; visit++) {
    const headers = guest.headers({ accept: "text/html" });
    const reply = await inStep(step, () => platform.get("www.douyin.com", `/user/${encodeURIComponent(secUid)}`, headers, signal));
    guest.learn(reply.headers["set-cookie"]);
    if (reply.status === 404 || reply.status === 410)
      return { outcome: "no_account", step, reason: msg`the profile page answered HTTP ${reply.status}` };
    if (reply.status !== 200) return { outcome: "unknown", step, reason: msg`the profile page answered HTTP ${reply.status}` };
    const uniqueId = uniqueIdIn(reply.body.toString("utf8"), secUid);
    if (uniqueId !== null) return { uniqueId };
  }
  return { outcome: "unknown", step, reason: "the profile page names no account (a captcha page, or an empty reply)" };
}

/** Finds the id of the user with this sec_uid: the page shows other users, too. */
function uniqueIdIn(html: string, secUid: string): string | null {
  const open: unknown[] = [...streamedState(html)];
  for (
    let looked = 0;
    open.length > 0 && looked < 200_000; // a real page has some thousands
    looked++
  ) {
    const value = open.pop();
    if (typeof value !== "object" || value === null) continue;
    if ((at(value, "secUid") ?? at(value, "sec_uid")) === secUid) {
      const id = text(at(value, "uniqueId")) ?? text(at(value, "unique_id"));
      if (id !== null) return id;
    }
    open.push(...Object.values(value).slice(0, 10_000));
  }
  return null;
}
