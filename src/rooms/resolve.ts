import { DyliveError } from "../errors.js";
import type { RoomFacts } from "../log/rooms.js";
import { get, type Platform } from "../sources/platform.js";
import type { Visitor } from "../sources/visitor.js";
import { at, type PageState, readPage, text } from "./page.js";

/** A room as a caller may name it: the anchor's number or custom id, or one broadcast's 19-digit room_id. */
export type RoomName =
  | { readonly kind: "web_rid" | "unique_id"; readonly value: string }
  | { readonly kind: "room_id"; readonly value: string };

/** What the platform said about a room, with the step that said it. */
export type Resolved = Live | Offline | NoAccount | Unknown;
interface Met {
  readonly step: Step;
  readonly webRid: string;
  readonly facts: RoomFacts;
}
/** The anchor is live in broadcast `roomId`. */
export interface Live extends Met {
  readonly outcome: "live";
  readonly roomId: string;
}
/** The account exists and is not live; `roomId` is its last broadcast, if named. */
export interface Offline extends Met {
  readonly outcome: "offline";
  readonly roomId: string | null;
}
/** There is no such account. */
export interface NoAccount {
  readonly outcome: "no_account";
  readonly step: Step;
  readonly reason: string;
}
/** The platform said nothing (captcha, empty reply), which is never "not found". */
export interface Unknown {
  readonly outcome: "unknown";
  readonly step: Step;
  readonly reason: string;
}
type Step = "page" | "reflow";

const STATUS_LIVE = 2; // facts/protocol.md 1.2: 2 live, 4 ended
const LONGEST_WEB_RID = 16; // digits; room ids have 19 (facts/protocol.md section 0)

/** @throws DyliveError bad_room when the text cannot be a room's name */
export function parseRoomName(input: string): RoomName {
  const name = input.trim();
  if (/^\d+$/.test(name)) {
    if (name.length <= LONGEST_WEB_RID) return { kind: "web_rid", value: name };
    if (name.length === 19) return { kind: "room_id", value: name };
  } else if (/^[A-Za-z0-9_.-]{1,128}$/.test(name) && !/^\.+$/.test(name)) return { kind: "unique_id", value: name };
  throw new DyliveError(
    "bad_room",
    `room_id ${JSON.stringify(name.slice(0, 40))} is neither a number of up to 16 digits, a custom id, nor a 19-digit room_id`,
  );
}

/**
 * Asks the platform what a room is. As a side effect the visitor learns the cookies and the id that a connection needs.
 * @throws DyliveError unreachable
 */
export async function resolveRoom(name: RoomName, platform: Platform, visitor: Visitor, signal: AbortSignal): Promise<Resolved> {
  return name.kind === "room_id" ? fromReflow(name.value, platform, visitor, signal) : fromPage(name.value, platform, visitor, signal);
}

async function fromPage(id: string, platform: Platform, visitor: Visitor, signal: AbortSignal): Promise<Resolved> {
  const url = platform.http("live.douyin.com", `/${encodeURIComponent(id)}`);
  let state: PageState | null = null;
  // A visitor without cookies is first given a challenge page that sets one (facts/protocol.md 1.4); the second visit gets the room.
  for (let visit = 0; visit < 2 && state === null; visit++) {
    const reply = await get(url, visitor.headers({ accept: "text/html" }), signal);
    visitor.learn(reply.headers["set-cookie"]);
    if (reply.status === 404 || reply.status === 410)
      return { outcome: "no_account", step: "page", reason: `the room page answered HTTP ${reply.status}` };
    if (reply.status !== 200) return { outcome: "unknown", step: "page", reason: `the room page answered HTTP ${reply.status}` };
    state = readPage(reply.body.toString("utf8"));
  }
  if (state === null) return { outcome: "unknown", step: "page", reason: "the room page holds no state (a captcha or challenge page)" };
  if (state.userUniqueId !== null) visitor.userUniqueId = state.userUniqueId;
  if (state.room === null && state.anchor === null)
    return { outcome: "unknown", step: "page", reason: "the room page names neither a room nor an account" };
  const webRid = state.webRid ?? id;
  const facts = { webRid, title: state.room?.title ?? null, anchor: state.anchor };
  if (state.room?.status === STATUS_LIVE) return { outcome: "live", step: "page", webRid, roomId: state.room.id, facts };
  return { outcome: "offline", step: "page", webRid, roomId: state.room?.id ?? null, facts };
}

/** A broadcast's id names its anchor's room, which is then read from its page: that also gives the visitor what a connection needs. */
async function fromReflow(roomId: string, platform: Platform, visitor: Visitor, signal: AbortSignal): Promise<Resolved> {
  const query = new URLSearchParams({ room_id: roomId, type_id: "0", live_id: "1", app_id: "1128", version_code: "99.99.99" });
  const reply = await get(
    platform.http("webcast.amemv.com", `/webcast/room/reflow/info/?${query}`),
    { "user-agent": visitor.userAgent },
    signal,
  );
  if (reply.status !== 200 || reply.body.length === 0)
    return { outcome: "unknown", step: "reflow", reason: `reflow/info answered HTTP ${reply.status} with ${reply.body.length} bytes` };
  let answer: unknown;
  try {
    answer = JSON.parse(reply.body.toString("utf8"));
  } catch {
    return { outcome: "unknown", step: "reflow", reason: "reflow/info did not answer with JSON (a captcha page)" };
  }
  const owner = at(at(at(answer, "data"), "room"), "owner");
  const webRid = text(at(owner, "web_rid"));
  if (webRid !== null) return fromPage(webRid, platform, visitor, signal);
  const code = at(answer, "status_code");
  return typeof code === "number" && code !== 0
    ? { outcome: "no_account", step: "reflow", reason: `reflow/info knows no such broadcast (status_code ${code})` }
    : { outcome: "unknown", step: "reflow", reason: "reflow/info names no room number" };
}
