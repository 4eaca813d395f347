import type { Page } from "playwright-core";
import type { Clock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { english, type MsgOrText } from "../../runtime/msg.js";
import type { Author } from "../../works/model/author.js";
import type { Mix } from "../../works/model/work.js";
import type { ListEnd, ListRequest, ListSeen } from "../access/work-visitor.js";
import { type Refusal, WALLS } from "../works/refusal.js";
import { type AskedList, readAuthor, readMix, readWorkList } from "../works/work-list.js";
import { answerOf, closePage, orGone, type PageDeps, visit } from "./page.js";
import { type HeardReply, PageReplies } from "./page-replies.js";
import { LOOK_EVERY_MS, nothingNew, refusalOfPage, SHOWN_WITHIN_MS, WORKS_SITE } from "./work-page.js";

/** Rounds without a new work after which there are no more to be had. */
const MOST_IDLE = 8;

/** Part of a list's page that a reply is about. */
type Part = "owner" | "works";

/**
 * Opens the page of an author or a mix and yields the works that the page asks for itself, the while it is scrolled with the wheel. Nothing is
 * asked by us.
 * @throws DyliveError no_account, no_work where there is no such author or mix; browser_failed, unreachable
 */
export async function* readListPage(
  { list: asked, turn }: ListRequest,
  { newPage, clock }: PageDeps,
  signal: AbortSignal,
): AsyncGenerator<ListSeen, ListEnd, void> {
  const page = await newPage(signal);
  try {
    const replies = new PageReplies<Part>(page, clock, (path, query) => partAskedBy(asked, path, query));
    const path = "secUid" in asked ? `/user/${asked.secUid}` : `/collection/${asked.mixId}`;
    const document = await visit(page, `${WORKS_SITE}${path}`, signal);
    const status = document?.status() ?? 200;
    return yield* new ListPage({ page, status, replies, asked, turn, clock, signal }).read();
  } finally {
    await closePage(page, clock);
  }
}

/** Returns the part of a list that a request of its page asks for; null for everything else: other tabs, other authors. */
function partAskedBy(asked: AskedList, path: string, query: URLSearchParams): Part | null {
  if ("secUid" in asked) {
    if (query.get("sec_user_id") !== asked.secUid) return null;
    return path === "aweme/post" ? "works" : path === "user/profile/other" ? "owner" : null;
  }
  if (query.get("mix_id") !== asked.mixId) return null;
  return path === "mix/aweme" ? "works" : path === "mix/detail" ? "owner" : null;
}

interface OpenList {
  readonly page: Page;
  /** HTTP status of the page. */
  readonly status: number;
  readonly replies: PageReplies<Part>;
  readonly asked: AskedList;
  readonly turn: ListRequest["turn"];
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** The page of a list, with a reader before it. */
class ListPage {
  readonly #list: OpenList;
  readonly #seen = new Set<string>();
  #hidden = 0;
  #author: Author | null = null;
  #mix: Mix | null = null;
  /** Why there is no such author or mix. */
  #gone: MsgOrText | null = null;
  /** The end, as soon as a reply is it. */
  #end: ListEnd | null = null;
  #isOver = false;
  /** Whether a reply was of no use: an end would say that what did not come is not there. */
  #isTorn = false;
  /** Replies with a part of the list that came. */
  #pages = 0;
  #idle = 0;
  /** Replies that had come at the last turn. */
  #cameBefore = 0;
  /** Why a reply was of no use. */
  #unreadable: string | null = null;

  constructor(list: OpenList) {
    this.#list = list;
  }

  async *read(): AsyncGenerator<ListSeen, ListEnd, void> {
    const { replies, clock, signal } = this.#list;
    const firstUntil = clock.now() + SHOWN_WITHIN_MS;
    for (;;) {
      // It goes on without what is slow: some pages never stop asking.
      await replies.settle(3000, signal);
      const pages: Omit<ListSeen, "author" | "mix">[] = [];
      while (this.#end === null) {
        const heard = replies.take();
        if (heard === null) break;
        const seen = this.#take(heard);
        if (seen !== null) pages.push(seen);
      }
      // Now, since the profile may have come after the works.
      for (const page of pages) yield { author: this.#author, mix: this.#mix, ...page };
      if (this.#gone !== null && this.#seen.size === 0) throw noSuch(this.#list.asked, this.#gone);
      const end = this.#end ?? (this.#isOver ? this.#endOfList() : await this.#step(firstUntil));
      if (end !== null) return end;
    }
  }

  /** Takes in a reply. @returns the works that it brought; null where it is not about works, or is of no use */
  #take({ about, reply, reason, receivedAt }: HeardReply<Part>): Omit<ListSeen, "author" | "mix"> | null {
    const { asked } = this.#list;
    if (about === "owner") {
      const owner = reply === null ? null : "secUid" in asked ? readAuthor(reply, asked.secUid) : readMix(reply, asked.mixId);
      if (owner?.outcome === "refused" && owner.refusal.kind === "gone") this.#gone = owner.refusal.reason;
      else if (owner?.outcome === "found" && "author" in owner) this.#author = owner.author;
      else if (owner?.outcome === "found") this.#mix = owner.mix;
      return null;
    }
    const list = reply === null ? ({ outcome: "unreadable", reason } as const) : readWorkList(reply, asked, { receivedAt });
    switch (list.outcome) {
      case "refused":
        if (list.refusal.kind === "gone") this.#gone = list.refusal.reason;
        this.#end = endBy(list.refusal, this.#seen.size);
        return null;
      case "unreadable":
      case "other":
        this.#unreadable = list.outcome === "other" ? "a reply holds another's works" : english(list.reason);
        this.#isTorn = true;
        return null;
      case "found": {
        const works = list.works.filter(({ id }) => !this.#seen.has(id));
        for (const { id } of works) this.#seen.add(id);
        this.#hidden += list.hidden;
        this.#pages++;
        this.#isOver = !list.hasMore;
        this.#idle = works.length > 0 ? 0 : this.#idle + 1;
        return { works, hidden: list.hidden, torn: this.#isTorn };
      }
    }
  }

  /** Returns the end of a list that the platform says is over. A private account is answered for as a banned one is: with no works. */
  #endOfList(): ListEnd {
    if (this.#isTorn) return this.#stuck("the platform shows no more works, and some did not reach us");
    const isEmpty = this.#seen.size === 0 && this.#hidden === 0;
    if (!isEmpty || "mixId" in this.#list.asked) return { endedBy: "end", reason: "the platform shows no more works" };
    const { state, works } = this.#author ?? { state: null, works: null };
    if (state !== null && state !== "public") return { endedBy: "withheld", reason: `no works are shown: the account is ${state}` };
    if (works === 0) return { endedBy: "end", reason: "the author has no works" };
    const orNone = works === null ? ", or has none" : "";
    return {
      endedBy: "withheld",
      reason: `no works are shown: the account is private or banned${orNone}; the platform does not say which`,
    };
  }

  /** Looks at the page, and scrolls on. @returns the end, where there is nothing to be done */
  async #step(firstUntil: number): Promise<ListEnd | null> {
    const { page, status, asked, replies, turn, clock, signal } = this.#list;
    const view = await answerOf(page.evaluate(lookAtList), signal).catch(orGone(page, signal));
    const refusal = view === null ? null : refusalOfPage(this.#pages === 0 ? status : 200, view);
    if (refusal?.kind === "gone") throw noSuch(asked, refusal.reason);
    if (refusal !== null) return endBy(refusal, this.#seen.size);
    if (this.#pages === 0) {
      if (clock.now() >= firstUntil) return this.#stuck(`the page showed no works within ${SHOWN_WITHIN_MS / 1000} s`);
      await replies.comes(LOOK_EVERY_MS, signal);
      return null;
    }
    if (this.#idle >= MOST_IDLE)
      return view?.asksLogin === true ? { endedBy: "wall", reason: wall(this.#seen.size) } : nothingNew(MOST_IDLE, this.#unreadable);
    if (replies.count > this.#cameBefore) await turn();
    this.#cameBefore = replies.count;
    if (view !== null) await answerOf(this.#scroll(view), signal).catch(orGone(page, signal));
    this.#idle++;
    await replies.comes(1200, signal);
    return null;
  }

  /** Turns the wheel, which acts where the pointer is. Where it brought nothing, it goes up before it goes down: at the end nothing moves. */
  async #scroll({ width, height }: ListView): Promise<void> {
    const { mouse } = this.#list.page;
    await mouse.move(width / 2, height / 2);
    if (this.#idle > 0) await mouse.wheel(0, -1900);
    await mouse.wheel(0, 3800); // px (facts/videos.md 2.4)
  }

  #stuck(what: string): ListEnd {
    return { endedBy: "stuck", reason: this.#unreadable === null ? what : `${what} (${this.#unreadable})` };
  }
}

function noSuch(asked: AskedList, reason: MsgOrText): DyliveError {
  return new DyliveError("secUid" in asked ? "no_account" : "no_work", reason);
}

function endBy({ kind, reason }: Refusal, collected: number): ListEnd {
  if (WALLS.has(kind)) return { endedBy: "wall", reason: wall(collected) };
  return { endedBy: kind === "captcha" ? "captcha" : "blocked", reason: english(reason) };
}

function wall(collected: number): string {
  return `the first ${collected} are shown; a login is needed for the rest, and is not always enough`;
}

// What follows runs inside the page.

/** View of the page of a list as it is now. */
interface ListView {
  readonly title: string;
  /** The page's whole text where that is short; else empty. */
  readonly words: string;
  /** Whether anything that is seen asks to log in before more is shown. */
  readonly asksLogin: boolean;
  readonly width: number;
  readonly height: number;
}

interface ListElement {
  readonly textContent: string | null;
  readonly children: { readonly length: number };
  matches(selector: string): boolean;
  checkVisibility(): boolean;
}

function lookAtList(): ListView {
  const { document, innerWidth, innerHeight } = globalThis as unknown as {
    readonly innerWidth: number;
    readonly innerHeight: number;
    readonly document: {
      readonly title: string;
      readonly body: ListElement | null;
      getElementsByTagName(name: string): ArrayLike<ListElement>;
    };
  };
  const isAsking = (element: ListElement) => {
    const isDialog = element.matches('[role="dialog"]');
    if (!isDialog && element.children.length > 0) return false;
    const text = (element.textContent ?? "").trim();
    return (isDialog ? text.includes("登录") : /^(立即登录|登录后|扫码登录)/.test(text)) && element.checkVisibility();
  };
  const all = document.getElementsByTagName("*");
  let asksLogin = false;
  // From the end, at most 20,000: what asks to log in stands below the works, or lies over them.
  for (let at = all.length - 1; at >= Math.max(0, all.length - 20_000) && !asksLogin; at--) {
    const element = all[at];
    asksLogin = element !== undefined && isAsking(element);
  }
  const words = document.body?.textContent?.trim() ?? "";
  return {
    title: document.title.slice(0, 200),
    words: words.length > 200 ? "" : words,
    asksLogin,
    width: innerWidth,
    height: innerHeight,
  };
}
