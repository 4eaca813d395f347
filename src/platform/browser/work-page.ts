import type { Page, Request } from "playwright-core";
import type { Clock } from "../../runtime/clock.js";
import { type MsgOrText, msg } from "../../runtime/msg.js";
import type { AskedWork, WorkReading } from "../access/work-visitor.js";
import { meaningOf } from "../links/link.js";
import { type Refusal, refusalOf } from "../works/refusal.js";
import { readDetail, readPageState, refusedWork } from "../works/work.js";
import { answerOf, closePage, orGone, visit } from "./page.js";

/** Dependencies of reading works in pages. */
interface WorkPageDeps {
  /** Gives an empty page as the visitor who reads. It loads no media, so that no film ends and the next one begins. */
  readonly newPage: (signal: AbortSignal) => Promise<Page>;
  readonly clock: Clock;
}

const WORKS_SITE = "https://www.douyin.com";
/** Path of the detail reply; its host changes (facts/videos.md 2.2), so only the path tells. */
const DETAIL_PATH = "/aweme/v1/web/aweme/detail";
/** Longest wait for a page that has loaded, and how often it is looked at, in ms (facts/videos.md 2.4). */
const WAIT_MS = 30_000;
const LOOK_EVERY_MS = 500;
/** Longest wait until a page's address stays the same, in ms. */
const SETTLE_WITHIN_MS = 10_000;
const MOST_REPLIES = 16;
const MOST_BYTES = 4 * 1024 * 1024;
/** Longest state that is taken over from a page, in UTF-16 units. */
const LONGEST_STATE = 4 * 1024 * 1024;
/** Longest text of a page that has nothing to say but why it is not the one that was asked for. */
const FEW_WORDS = 200;
const CAPTCHA_TITLE = /^\s*(?:验证码中间页|安全验证)\s*$/;

/**
 * Opens a work's page and reads the reply that it asks for itself, and the state in its HTML: whichever has the work first. Replies about other
 * works neither help nor hurt. The page is closed whatever happens.
 * @throws DyliveError browser_failed, unreachable
 */
export async function readWorkPage(asked: AskedWork, { newPage, clock }: WorkPageDeps, signal: AbortSignal): Promise<WorkReading> {
  const page = await newPage(signal);
  try {
    return await readIn(page, asked, clock, signal);
  } finally {
    await closePage(page, clock);
  }
}

/** Reads a work as {@link readWorkPage} does, in a page that stays open at it. */
export async function readIn(page: Page, asked: AskedWork, clock: Clock, signal: AbortSignal): Promise<WorkReading> {
  const replies = new DetailReplies(page, asked.id, clock);
  const first = asked.page ?? "video";
  const reading = await lookAt(page, `/${first}/${asked.id}`, asked.id, replies, clock, signal);
  // Mostly the site leads there by itself.
  if (first === "note" || reading.outcome !== "refused" || reading.refusal.kind !== "is_note") return reading;
  replies.refused = null;
  return await lookAt(page, `/note/${asked.id}`, asked.id, replies, clock, signal);
}

/** Opens an address and returns the one at which the page settles. @throws DyliveError browser_failed, unreachable */
export async function settledAddress(url: string, { newPage, clock }: WorkPageDeps, signal: AbortSignal): Promise<string> {
  const page = await newPage(signal);
  try {
    await visit(page, url, signal);
    const end = clock.now() + SETTLE_WITHIN_MS;
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
  replies: DetailReplies,
  clock: Clock,
  signal: AbortSignal,
): Promise<WorkReading> {
  const document = await visit(page, `${WORKS_SITE}${path}`, signal);
  const status = document?.status() ?? 200;
  const end = clock.now() + WAIT_MS;
  let length = -1;
  let astray: string | null = null;
  for (let looks = 0; ; looks++) {
    const seen = await answerOf(page.evaluate(lookAround, { length, longest: LONGEST_STATE, few: FEW_WORDS }), signal).catch(
      orGone(page, signal),
    );
    if (replies.found !== null) return replies.found;
    if (seen?.state != null) {
      ({ length } = seen);
      const work = readPageState(seen.state, id, { receivedAt: clock.now() });
      if (work !== null) return { outcome: "found", work, reply: null };
    }
    // Only now, since the page's state may hold what the reply refuses.
    if (replies.refused !== null) return replies.refused;
    const refusal = seen === null ? null : refusalOfPage(status, seen);
    // A page that is missing may still ask for the work.
    if (refusal !== null && (refusal.kind !== "gone" || looks > 0)) return refused(id, refusal, null, clock.now());
    const url = page.url();
    if (!isPageOf(url, id)) {
      if (astray === url) return { outcome: "silent", reason: msg`the platform leads from the work's page to ${bare(url)}` };
      astray = url;
    }
    if (clock.now() >= end) return { outcome: "silent", reason: replies.unreadable ?? NOTHING };
    await Promise.race([clock.sleep(LOOK_EVERY_MS, signal), replies.next()]);
  }
}

const NOTHING = msg`the work's page told nothing of it within ${WAIT_MS / 1000} s: neither its state nor a reply that it asked for`;

/** Replies that a page asks for at the detail's path, as far as they are about one work. */
class DetailReplies {
  /** The work, as soon as a reply has it. */
  found: WorkReading | null = null;
  /** The platform's refusal of the work. */
  refused: WorkReading | null = null;
  /** Why a reply about the work was of no use. */
  unreadable: MsgOrText | null = null;
  readonly #id: string;
  readonly #clock: Clock;
  #left = MOST_REPLIES;
  #tell: () => void = () => {};

  constructor(page: Page, id: string, clock: Clock) {
    this.#id = id;
    this.#clock = clock;
    // Not at the response: its body is lost when the page loads itself again before it is whole.
    page.on("requestfinished", (request) => void this.#take(request).catch(() => {}));
  }

  /** Resolves when the next reply has been read. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#tell = resolve;
    });
  }

  async #take(request: Request): Promise<void> {
    const { pathname, searchParams } = new URL(request.url());
    const about = searchParams.get("aweme_id");
    if (request.method() !== "GET" || pathname.replace(/\/+$/, "") !== DETAIL_PATH || (about !== null && about !== this.#id)) return;
    if (this.found !== null || this.#left-- <= 0) return;
    const receivedAt = this.#clock.now();
    const response = await request.response();
    if (response === null) return;
    const headers = await response.allHeaders();
    if (Number(headers["content-length"] ?? 0) > MOST_BYTES) {
      this.unreadable = msg`the reply is longer than ${MOST_BYTES} bytes`;
      return;
    }
    const body = (await response.body()).toString("utf8");
    const read = readDetail({ status: response.status(), headers, body }, this.#id, { receivedAt });
    if (read.outcome === "found") this.found ??= { outcome: "found", work: read.work, reply: body };
    else if (read.outcome === "unreadable") this.unreadable = read.reason;
    // A request that names no work may be about any.
    else if (read.outcome === "refused" && about !== null) this.refused ??= refused(this.#id, read.refusal, body, receivedAt);
    this.#tell();
  }
}

function refused(id: string, refusal: Refusal, reply: string | null, receivedAt: number): WorkReading {
  return { outcome: "refused", refusal, work: refusedWork(id, refusal, reply === null ? "page" : "reply", { receivedAt }), reply };
}

/** Returns the refusal that a page is: by its title, as a caption may hold any word, by its text where that is all that it has, or by its status. */
export function refusalOfPage(status: number, { title, words }: Pick<SeenPage, "title" | "words">): Refusal | null {
  const text = CAPTCHA_TITLE.test(title) ? `<title>${title}</title>` : words;
  const refusal =
    status < 400 && text === "" ? null : refusalOf({ status: status < 400 ? 200 : status, headers: {}, text, root: undefined });
  if (refusal?.kind !== "fault" || (status !== 404 && status !== 410)) return refusal;
  return { kind: "gone", reason: msg`the platform has no such page (HTTP ${status})` };
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
  /** The page's whole text where that is short; else empty. */
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

function lookAround({ length, longest, few }: { length: number; longest: number; few: number }): SeenPage {
  const { document } = globalThis as unknown as { readonly document: SeenDocument };
  const scripts = [...document.scripts].map(({ textContent }) => textContent ?? "").filter((text) => text.includes("__pace_f"));
  const now = scripts.reduce((sum, text) => sum + text.length + 1, 0);
  const words = document.body?.textContent?.trim() ?? "";
  return {
    title: document.title.slice(0, few),
    words: words.length > few ? "" : words,
    length: now,
    state: now === length || now > longest ? null : scripts.join("\n"),
  };
}
