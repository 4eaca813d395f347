import type { Page } from "playwright-core";
import type { Clock } from "../../runtime/clock.js";
import { type MsgOrText, msg } from "../../runtime/msg.js";
import type { AskedWork, WorkReading } from "../access/work-visitor.js";
import { meaningOf } from "../links/link.js";
import { type Refusal, refusalOf } from "../works/refusal.js";
import { readDetail, readPageState, refusedWork } from "../works/work.js";
import { answerOf, closePage, orGone, type PageDeps, visit } from "./page.js";
import { type HeardReply, PageReplies } from "./page-replies.js";

export const WORKS_SITE = "https://www.douyin.com";
/** Time between two looks at a page, in ms (facts/videos.md 2.4). */
export const LOOK_EVERY_MS = 500;
/** Longest wait for a page that has loaded to show its work or its list, in ms. */
export const SHOWN_WITHIN_MS = 30_000;

/**
 * Opens a work's page and reads the reply that it asks for itself, and the state in its HTML: whichever has the work first. Replies about other
 * works neither help nor hurt. The page is closed whatever happens.
 * @throws DyliveError browser_failed, unreachable
 */
export async function readWorkPage(asked: AskedWork, { newPage, clock }: PageDeps, signal: AbortSignal): Promise<WorkReading> {
  const page = await newPage(signal);
  try {
    return await readIn(page, asked, clock, signal);
  } finally {
    await closePage(page, clock);
  }
}

/** Reads a work as {@link readWorkPage} does, in a page that stays open at it. */
export async function readIn(page: Page, asked: AskedWork, clock: Clock, signal: AbortSignal): Promise<WorkReading> {
  // A request that names no work may be about any.
  const replies = new PageReplies<{ readonly isNamed: boolean }>(page, clock, (path, query) => {
    const id = query.get("aweme_id");
    return path === "aweme/detail" && (id === null || id === asked.id) ? { isNamed: id !== null } : null;
  });
  const first = asked.page ?? "video";
  const reading = await lookAt(page, `/${first}/${asked.id}`, asked.id, replies, clock, signal);
  // Mostly the site leads there by itself.
  if (first === "note" || reading.outcome !== "refused" || reading.refusal.kind !== "is_note") return reading;
  return await lookAt(page, `/note/${asked.id}`, asked.id, replies, clock, signal);
}

/** Opens an address and returns the one at which the page settles. @throws DyliveError browser_failed, unreachable */
export async function settledAddress(url: string, { newPage, clock }: PageDeps, signal: AbortSignal): Promise<string> {
  const page = await newPage(signal);
  try {
    await visit(page, url, signal);
    const end = clock.now() + 10_000;
    for (let before = ""; before !== page.url() && clock.now() < end; ) {
      before = page.url();
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
    return page.url();
  } finally {
    await closePage(page, clock);
  }
}

async function lookAt(
  page: Page,
  path: string,
  id: string,
  replies: PageReplies<{ readonly isNamed: boolean }>,
  clock: Clock,
  signal: AbortSignal,
): Promise<WorkReading> {
  const document = await visit(page, `${WORKS_SITE}${path}`, signal);
  const status = document?.status() ?? 200;
  const end = clock.now() + SHOWN_WITHIN_MS;
  let length = -1;
  let astray: string | null = null;
  /** The platform's refusal of the work, which the page's state may hold all the same. */
  let refusal: WorkReading | null = null;
  let unreadable: MsgOrText | null = null;
  for (let looks = 0; ; looks++) {
    const seen = await answerOf(page.evaluate(lookAround, length), signal).catch(orGone(page, signal));
    for (let heard = replies.take(); heard !== null; heard = replies.take()) {
      const reading = readingOf(heard, id);
      if ("unreadable" in reading) unreadable = reading.unreadable ?? unreadable;
      else if (reading.outcome === "found") return reading;
      else refusal ??= reading;
    }
    if (seen?.state != null) {
      ({ length } = seen);
      const work = readPageState(seen.state, id, { receivedAt: clock.now() });
      if (work !== null) return { outcome: "found", work, reply: null };
    }
    if (refusal !== null) return refusal;
    const pageRefusal = seen === null ? null : refusalOfPage(status, seen);
    // A page that is missing may still ask for the work.
    if (pageRefusal !== null && (pageRefusal.kind !== "gone" || looks > 0)) return refused(id, pageRefusal, null, clock.now());
    const url = page.url();
    if (!isPageOf(url, id)) {
      if (astray === url) return { outcome: "silent", reason: msg`the platform leads from the work's page to ${bare(url)}` };
      astray = url;
    }
    if (clock.now() >= end) return { outcome: "silent", reason: unreadable ?? NOTHING };
    await replies.comes(LOOK_EVERY_MS, signal);
  }
}

const NOTHING = msg`the work's page showed nothing of it within ${SHOWN_WITHIN_MS / 1000} s: neither its state nor a reply that it asked for`;

/** Reads a detail reply. @returns `unreadable` is why it is of no use; null if it is about another work */
function readingOf(
  { about, reply, reason, receivedAt }: HeardReply<{ readonly isNamed: boolean }>,
  id: string,
): WorkReading | { readonly unreadable: MsgOrText | null } {
  if (reply === null) return { unreadable: reason };
  const body = reply.body.toString();
  const read = readDetail({ ...reply, body }, id, { receivedAt });
  if (read.outcome === "found") return { outcome: "found", work: read.work, reply: body };
  if (read.outcome === "refused" && about.isNamed) return refused(id, read.refusal, body, receivedAt);
  return { unreadable: read.outcome === "unreadable" ? read.reason : null };
}

function refused(id: string, refusal: Refusal, reply: string | null, receivedAt: number): WorkReading {
  return { outcome: "refused", refusal, work: refusedWork(id, refusal, reply === null ? "page" : "reply", { receivedAt }), reply };
}

/** Returns the refusal that a page is: by its title, as a caption may hold any word, by its text where that is all that it has, or by its status. */
export function refusalOfPage(status: number, { title, words }: Pick<SeenPage, "title" | "words">): Refusal | null {
  const text = /^\s*(?:验证码中间页|安全验证)\s*$/.test(title) ? `<title>${title}</title>` : words;
  const refusal =
    status < 400 && text === "" ? null : refusalOf({ status: status < 400 ? 200 : status, headers: {}, text, root: undefined });
  if (refusal?.kind !== "fault" || (status !== 404 && status !== 410)) return refusal;
  return { kind: "gone", reason: msg`the platform has no such page (HTTP ${status})` };
}

/** Returns the end of a page that is scrolled on in vain. @param unreadable why a reply was of no use; null if none was */
export function nothingNew(rounds: number, unreadable: string | null): { readonly endedBy: "stuck"; readonly reason: string } {
  const why = unreadable === null ? "" : ` (${unreadable})`;
  const reason = `nothing new came in ${rounds} rounds, and the platform does not say that this is the end${why}`;
  return { endedBy: "stuck", reason };
}

function isPageOf(url: string, id: string): boolean {
  const meaning = URL.canParse(url) ? meaningOf(new URL(url)) : null;
  return meaning?.kind === "work" && meaning.id === id;
}

function bare(url: string): string {
  if (!URL.canParse(url)) return "nowhere";
  const { hostname, pathname, protocol } = new URL(url);
  return hostname === "" ? protocol : `${hostname}${pathname.slice(0, 60)}`;
}

// What follows runs inside the page.

/** View of a page as it is now. */
interface SeenPage {
  readonly title: string;
  /** The page's whole text if that is short, as of a page that says why it is not the one that was asked for; else empty. */
  readonly words: string;
  readonly length: number;
  /** Scripts with the streamed state, `length` units of them; null where they have not changed, and where they are too long. */
  readonly state: string | null;
}

interface SeenDocument {
  readonly title: string;
  readonly body: { readonly textContent: string | null } | null;
  readonly scripts: Iterable<{ readonly textContent: string | null }>;
}

/** @param length length of the scripts at the last look */
function lookAround(length: number): SeenPage {
  const { document } = globalThis as unknown as { readonly document: SeenDocument };
  const scripts = [...document.scripts].map(({ textContent }) => textContent ?? "").filter((text) => text.includes("__pace_f"));
  const now = scripts.reduce((sum, text) => sum + text.length + 1, 0);
  const words = document.body?.textContent?.trim() ?? "";
  return {
    title: document.title.slice(0, 200),
    words: words.length > 200 ? "" : words,
    length: now,
    state: now === length || now > 4 * 1024 * 1024 ? null : scripts.join("\n"),
  };
}
