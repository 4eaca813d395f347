import { msg } from "../../runtime/msg.js";
import type { Platform } from "../access/platform.js";
import { Visitor } from "../access/visitor.js";
import { at } from "../wire/exact-json.js";
import { streamedState } from "../wire/streamed-state.js";
import { inStep, type NoAccount, type Unknown } from "./answer.js";
import { text } from "./page.js";

const STEP = "profile";
/** Most objects looked at in one page; a real one has some thousands. */
const MOST_OBJECTS = 200_000;

/**
 * Reads the id that opens an anchor's room from their profile (facts/protocol.md 1.6), as a guest: another host's cookies are not ours to send.
 * @throws DyliveError unreachable
 */
export async function readProfile(
  secUid: string,
  { platform, userAgent }: { readonly platform: Platform; readonly userAgent: string },
  signal: AbortSignal,
): Promise<{ readonly uniqueId: string } | NoAccount | Unknown> {
  const guest = new Visitor(userAgent);
  for (let visit = 0; visit < 2; visit++) {
    const headers = guest.headers({ accept: "text/html" });
    const reply = await inStep(STEP, () => platform.get("www.douyin.com", `/user/${encodeURIComponent(secUid)}`, headers, signal));
    guest.learn(reply.headers["set-cookie"]);
    if (reply.status === 404 || reply.status === 410)
      return { outcome: "no_account", step: STEP, reason: msg`the profile page answered HTTP ${reply.status}` };
    if (reply.status !== 200) return { outcome: "unknown", step: STEP, reason: msg`the profile page answered HTTP ${reply.status}` };
    const uniqueId = uniqueIdIn(reply.body.toString("utf8"), secUid);
    if (uniqueId !== null) return { uniqueId };
  }
  return { outcome: "unknown", step: STEP, reason: "the profile page names no account (a captcha page, or an empty reply)" };
}

/** Finds the id of the user with this sec_uid: the page shows other users, too. */
function uniqueIdIn(html: string, secUid: string): string | null {
  const open: unknown[] = [...streamedState(html)];
  for (let looked = 0; open.length > 0 && looked < MOST_OBJECTS; looked++) {
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
