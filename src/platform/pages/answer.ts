import { DyliveError } from "../../runtime/errors.js";
import { type MsgOrText, msg, msgOf } from "../../runtime/msg.js";
import type { RoomFacts } from "../../store/rooms.js";
import type { Platform } from "../access/platform.js";
import type { Visitor } from "../access/visitor.js";
import { readLogin } from "../accounts/login-store.js";
import { type RoomReading, readPage } from "./page.js";

/** A question to the platform on the way from a text to a room. */
export type Step = "short_link" | "reflow" | "profile" | "page" | "enter";

/** Names of the steps for people. */
export const STEP_WORDS: Readonly<Record<Step, string>> = {
  short_link: "following the short link",
  reflow: "asking the share page's interface (reflow/info)",
  profile: "reading the profile page",
  page: "reading the room page",
  enter: "asking the site's own interface (web/enter)",
};

/** Facts read of a room. Null is "not said". */
export interface FoundFacts extends RoomFacts {
  readonly cover: string | null;
  /** Viewers now: exact where the platform says so, else as it writes it (`900+`, `1.1万`); null when the room is not live. */
  readonly online: string | null;
  /** Viewers in this broadcast so far, likewise. */
  readonly totalViewers: string | null;
  /** The platform's own number: 1 preparing, 2 live, 3 paused, 4 ended. */
  readonly status: number | null;
  /** Whether the broadcast has sound only. */
  readonly audio: boolean | null;
}

/** Answer of the platform about a room, with the step that gave it. */
export type Resolved = Live | Offline | NoAccount | Unknown;
interface MetRoom {
  readonly step: Step;
  /** The id that opens the room's page: the permanent number wherever the platform names it. */
  readonly webRid: string;
  readonly facts: FoundFacts;
}
/** Outcome of an anchor who is live in broadcast `roomId`, or has paused it (status 3), which does not end it. */
export interface Live extends MetRoom {
  readonly outcome: "live";
  readonly roomId: string;
}
/** Outcome of an account that exists and is not live; `roomId` is its last broadcast, if named. */
export interface Offline extends MetRoom {
  readonly outcome: "offline";
  readonly roomId: string | null;
  /** `ended`: the last broadcast is over; `no_room`: there is only an account; `not_live`: a room whose broadcast is being prepared. */
  readonly why: "ended" | "no_room" | "not_live";
}
/** Outcome where there is no such account. */
export interface NoAccount {
  readonly outcome: "no_account";
  readonly step: Step;
  readonly reason: MsgOrText;
}
/** Outcome where the platform said nothing (captcha, empty reply), which is never "not found". */
export interface Unknown {
  readonly outcome: "unknown";
  readonly step: Step;
  readonly reason: MsgOrText;
}

/** Error of a step that failed by the network. */
export class StepError extends DyliveError {
  readonly step: Step;

  constructor(step: Step, error: DyliveError) {
    super(error.code, msg`${msgOf(STEP_WORDS[step])} failed: ${error.said}`, error);
    this.step = step;
  }
}

/** Runs a step, so that its failure names it. */
export async function inStep<T>(step: Step, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw error instanceof DyliveError && !(error instanceof StepError) ? new StepError(step, error) : error;
  }
}

/** A room as a step read it. */
export interface PageReading {
  readonly step: Step;
  readonly webRid: string;
  readonly room: RoomReading;
  readonly anchor: RoomFacts["anchor"];
  readonly audio: boolean | null;
}

/** status_code of web/enter and reflow/info for what is not there, or not for our eyes (facts/changes-2026.md 4, protocol.md 1.2). */
export const NOT_VISIBLE = 4001038;

/** Every status that is known (facts/protocol.md 1.2). Another, or none, does not say whether the room is live. */
const STATUS: ReadonlyMap<number | null, "live" | "ended" | "not_live"> = new Map([
  [1, "not_live"],
  [2, "live"],
  [3, "live"],
  [4, "ended"],
]);
const STATUS_PAUSED = 3;
const DELETED = "账号已注销"; // the nickname of every deleted account (facts/protocol.md 1.2)

/** Returns what a reading means: live or not live only by what it says, else unknown. */
export function judge({ step, webRid, room: given, anchor, audio }: PageReading): Resolved {
  const room = given === "none" ? null : given;
  if (room === null && anchor === null) return { outcome: "unknown", step, reason: "the platform names neither a room nor an account" };
  if (anchor?.nickname === DELETED) return { outcome: "no_account", step, reason: "the account has been deleted" };
  const status = room?.status ?? null;
  const said = STATUS.get(status);
  const live = said === "live";
  const facts: FoundFacts = {
    webRid,
    title: room?.title ?? null,
    anchor,
    cover: room?.cover ?? null,
    online: live ? (room?.online ?? null) : null,
    totalViewers: live ? (room?.totalViewers ?? null) : null,
    status,
    audio: live ? audio : null,
  };
  if (given === "none") return { outcome: "offline", step, webRid, roomId: null, why: "no_room", facts };
  if (room === null || said === undefined)
    return { outcome: "unknown", step, reason: "the platform does not say whether the room is live" };
  if (said === "live") return { outcome: "live", step, webRid, roomId: room.id, facts };
  return { outcome: "offline", step, webRid, roomId: room.id, why: said, facts };
}

/** Answer in one word, for people and programs. */
export type Answer = "live" | "live_audio" | "paused" | "not_live" | "ended" | "no_room" | "no_account" | "unknown";

/** Returns what is to be said of a room first. */
export function answerOf(resolved: Resolved): Answer {
  switch (resolved.outcome) {
    case "live":
      return resolved.facts.status === STATUS_PAUSED ? "paused" : resolved.facts.audio ? "live_audio" : "live";
    case "offline":
      return resolved.why;
    default:
      return resolved.outcome;
  }
}

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
      return { outcome: "no_account", step: STEP, reason: msg`the room page answered HTTP ${reply.status}` };
    if (reply.status !== 200) return { outcome: "unknown", step: STEP, reason: msg`the room page answered HTTP ${reply.status}` };
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
