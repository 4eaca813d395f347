import { DyliveError } from "../../runtime/errors.js";
import { msg, msgOf } from "../../runtime/msg.js";
import type { Platform } from "../access/platform.js";
import type { Visitor } from "../access/visitor.js";
import { fromPage, judge, NOT_VISIBLE, type NoAccount, type Resolved, type Unknown } from "../pages/answer.js";
import { fromEnter, type InPage, readProfile, readReflow } from "../pages/interfaces.js";
import { followPaste, type OpenPage } from "./follow.js";
import { parseRoomName, type RoomName } from "./link.js";
import { type PastedRoom, ROOM_DOOR } from "./paste.js";

export type { FoundFacts, Live, NoAccount, Offline, Resolved, Step, Unknown } from "../pages/answer.js";
export { type Answer, answerOf, STEP_WORDS, StepError } from "../pages/answer.js";
export type { InPage } from "../pages/interfaces.js";
export { parseRoomName, type RoomName } from "./link.js";

/** Way to ask the platform. */
interface AskWith {
  readonly platform: Platform;
  readonly visitor: Visitor;
  /** Requests by the site's own page; without it web/enter is never asked. */
  readonly inPage?: InPage | undefined;
  /** A page of the browser for short links that do not redirect a plain client; without it such a link stays unknown. */
  readonly open?: OpenPage | undefined;
}

/** Answer to what a text names. */
export interface TextAnswer {
  /** The lasting name of the room: by this it is collected. Null when the platform did not say where the link leads. */
  readonly name: RoomName | null;
  /** The broadcast that the text named by its room_id; a session of the room that may be over while another is live. */
  readonly broadcast: string | null;
  readonly resolved: Resolved;
}

/**
 * Asks the platform what a pasted text names: an id, a link, a short link, or the app's share text around one.
 * @throws DyliveError bad_room when it names no room; unreachable, with the step that failed
 */
export async function resolveText(text: string, ask: AskWith, signal: AbortSignal): Promise<TextAnswer> {
  const named = await nameText(text, ask, signal);
  if (!("name" in named)) return { name: null, broadcast: null, resolved: named };
  const { name, broadcast } = named;
  const resolved = await resolveRoom(name, ask.platform, ask.visitor, signal, ask.inPage);
  return { name: "webRid" in resolved ? parseRoomName(resolved.webRid) : name, broadcast, resolved };
}

/**
 * Finds the name of the room in a pasted text, without asking what it is: only short links are followed.
 * @throws DyliveError bad_room, unreachable
 */
async function nameText(
  text: string,
  { platform, visitor, open }: AskWith,
  signal: AbortSignal,
): Promise<PastedRoom | NoAccount | Unknown> {
  const found = await followPaste(text, ROOM_DOOR, { platform, userAgent: visitor.userAgent, open }, signal);
  if (!("outcome" in found)) return found;
  return { outcome: found.outcome === "gone" ? "no_account" : "unknown", step: "short_link", reason: found.reason };
}

/**
 * Finds the name as {@link nameText} does, but a text that turns out to name nothing is an error.
 * @throws DyliveError bad_room, no_account, room_unknown, unreachable
 */
export async function nameIn(text: string, ask: AskWith, signal: AbortSignal): Promise<RoomName> {
  const named = await nameText(text, ask, signal);
  if ("name" in named) return named.name;
  throw new DyliveError(named.outcome === "unknown" ? "room_unknown" : "no_account", named.reason);
}

/**
 * Asks the platform what a room is. As a side effect the visitor learns the cookies and the id that a connection needs.
 * @param inPage requests by the site's own page, which are asked where our own reading of the page says nothing
 * @throws DyliveError unreachable
 */
export async function resolveRoom(
  name: RoomName,
  platform: Platform,
  visitor: Visitor,
  signal: AbortSignal,
  inPage?: InPage,
): Promise<Resolved> {
  const ask = { platform, visitor, inPage };
  if (name.kind === "room_id") return fromBroadcast(name.value, ask, signal);
  return name.kind === "sec_uid" ? fromAccount(name.value, ask, signal) : fromPath(name.value, ask, signal);
}

/** Resolves a room by the id that opens its page. */
async function fromPath(id: string, { platform, visitor, inPage }: AskWith, signal: AbortSignal): Promise<Resolved> {
  const page = await fromPage(id, platform, visitor, signal);
  if (page.outcome !== "unknown" || inPage === undefined) return page;
  const entered = await fromEnter(id, inPage, signal).catch((error: unknown) => noPage(error, signal));
  return entered.outcome === "unknown" ? { ...entered, reason: msg`${msgOf(page.reason)}; ${msgOf(entered.reason)}` } : entered;
}

/** Makes the outcome of a browser that cannot be had: it says nothing of the room. */
function noPage(error: unknown, signal: AbortSignal): Unknown {
  if (signal.aborted || !(error instanceof DyliveError) || error.code === "unreachable") throw error;
  return { outcome: "unknown", step: "enter", reason: error.said };
}

/** Resolves a broadcast's id: it names its anchor, whose room may be live in another broadcast by now. */
async function fromBroadcast(roomId: string, ask: AskWith, signal: AbortSignal): Promise<Resolved> {
  const reflow = await readReflow({ roomId }, asGuest(ask), signal);
  if (reflow.kind === "unknown") return { outcome: "unknown", step: "reflow", reason: reflow.reason };
  if (reflow.kind === "refused") {
    // 4001038: not there, or not for our eyes. Other codes speak of the question, not of the room.
    if (reflow.code !== NOT_VISIBLE)
      return { outcome: "unknown", step: "reflow", reason: msg`reflow/info refused: ${msgOf(reflow.reason)}` };
    return {
      outcome: "no_account",
      step: "reflow",
      reason: msg`reflow/info knows no such broadcast, or hides it (${msgOf(reflow.reason)})`,
    };
  }
  const judged = judge(reflow.reading);
  if (judged.outcome === "no_account") return judged;
  const page = await pageOf(reflow.paths, reflow.reading.anchor?.secUid ?? null, ask, signal);
  if (page !== null && page.outcome !== "unknown") return page;
  if (judged.outcome === "live") return judged;
  const secUid = reflow.reading.anchor?.secUid ?? null;
  // The broadcast is over, which does not tell whether its anchor is live again.
  if (secUid === null) return page ?? judged;
  const now = await readReflow({ secUid }, asGuest(ask), signal);
  return now.kind === "found" ? judge(now.reading) : (page ?? judged);
}

/** Resolves an anchor's permanent id: reflow/info knows who is live, the profile names the id that opens the room's page. */
async function fromAccount(secUid: string, ask: AskWith, signal: AbortSignal): Promise<Resolved> {
  const reflow = await readReflow({ secUid }, asGuest(ask), signal);
  if (reflow.kind === "found") {
    const judged = judge(reflow.reading);
    if (judged.outcome === "no_account") return judged;
    const page = await pageOf(reflow.paths, secUid, ask, signal);
    return page !== null && page.outcome !== "unknown" ? page : judged.outcome === "unknown" ? (page ?? judged) : judged;
  }
  const profile = await readProfile(secUid, asGuest(ask), signal);
  if ("uniqueId" in profile) return fromPath(profile.uniqueId, ask, signal);
  return profile.outcome === "no_account"
    ? profile
    : { ...profile, reason: msg`${msgOf(profile.reason)}; ${msg`reflow/info: ${msgOf(reflow.reason)}`}` };
}

/**
 * Finds the room's page under the first id that opens it and is the same anchor's: a visible number can have been given up and taken by
 * another account.
 * @returns null when none does
 */
async function pageOf(paths: readonly string[], secUid: string | null, ask: AskWith, signal: AbortSignal): Promise<Resolved | null> {
  let unknown: Resolved | null = null;
  for (const path of paths) {
    const page = await fromPath(path, ask, signal);
    if (page.outcome === "unknown") unknown ??= page;
    else if (page.outcome !== "no_account" && sameAnchor(page.facts.anchor?.secUid ?? null, secUid)) return page;
  }
  return unknown;
}

function sameAnchor(a: string | null, b: string | null): boolean {
  return a === null || b === null || a === b;
}

function asGuest({ platform, visitor }: AskWith): { readonly platform: Platform; readonly userAgent: string } {
  return { platform, userAgent: visitor.userAgent };
}
