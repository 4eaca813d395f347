import type { Page } from "playwright-core";
import { randomBetween } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { english, msg, msgOf } from "../../runtime/msg.js";
import type { CommentsEnd, CommentsRequest, CommentsSeen, WorkReading } from "../access/work-visitor.js";
import { readComments } from "../works/comments.js";
import { type Refusal, WALLS } from "../works/refusal.js";
import { type FloorView, lookAtPanel, type PanelView, untilStill } from "./comment-panel.js";
import { answerOf, closePage, orGone, type PageDeps } from "./page.js";
import { type HeardReply, PageReplies } from "./page-replies.js";
import { LOOK_EVERY_MS, nothingNew, readIn, refusalOfPage } from "./work-page.js";

/** Dependencies of reading comments in pages. */
interface CommentPageDeps extends PageDeps {
  /** Gives numbers from 0 up to 1. */
  readonly random?: () => number;
  /** Share of the pauses that is made; 1 by default. */
  readonly pauses?: number;
}

/** Longest wait for a reply that the page has asked for, in ms. */
const ANSWER_WITHIN_MS = 15_000;
/** Wait for a page that has asked for nothing after a scroll or a click, in ms. */
const QUIET_MS = 3000;
/** Rounds without anything new after which there is no more to be had. */
const MOST_IDLE = 5;
/** Clicks on one floor that bring nothing, after which it is left as it is. */
const MOST_CLICKS = 3;

/** Part of a work's comments that a reply is about: replies to this top comment; null for top comments. */
interface CommentPart {
  readonly floorId: string | null;
}

/**
 * Opens a work's page and its comments as a reader does, and yields what the page asks for itself meanwhile. The panel is scrolled with the
 * wheel, and floors are opened one after the other by clicks. Nothing is asked by us.
 * @throws DyliveError no_work where the work is gone; browser_failed, unreachable
 */
export async function* readCommentPage(
  request: CommentsRequest,
  { newPage, clock, random = Math.random, pauses = 1 }: CommentPageDeps,
  signal: AbortSignal,
): AsyncGenerator<CommentsSeen, CommentsEnd, void> {
  const page = await newPage(signal);
  try {
    const replies = new PageReplies<CommentPart>(page, clock, (path, query) => partAskedBy(request.work.id, path, query));
    const reading = await readIn(page, request.work, clock, signal);
    if (reading.outcome !== "silent" && reading.work !== null) await request.onWork?.(reading.work, reading.reply);
    const end = endOf(reading);
    if (end !== null) return end;
    return yield* new CommentPanel({ page, replies, request, reading, clock, random, pauses, signal }).read();
  } finally {
    await closePage(page, clock);
  }
}

/** Returns the part of a work's comments that a request of its page asks for; null for everything else: the next work's, and other data. */
function partAskedBy(workId: string, path: string, query: URLSearchParams): CommentPart | null {
  if (path === "comment/list") return query.get("aweme_id") === workId ? { floorId: null } : null;
  return path === "comment/list/reply" && query.get("item_id") === workId ? { floorId: query.get("comment_id") ?? "" } : null;
}

/** Returns how comments end before they begin, where the work is not shown. A page that is refused its detail may show comments all the same. */
function endOf(reading: WorkReading): CommentsEnd | null {
  if (reading.outcome === "silent") return null;
  if (reading.outcome === "refused" && reading.refusal.kind === "captcha") return endBy(reading.refusal);
  const { work } = reading;
  if (work === null || work.state === "public") return null;
  const reason = msg`the work is ${msgOf(work.state)}${work.stateReason === null ? "" : msg`: ${msgOf(work.stateReason)}`}`;
  if (work.state === "deleted") throw new DyliveError("no_work", reason);
  if (work.state === "needs_login") return { endedBy: "wall", reason: english(reason) };
  return { endedBy: "blocked", reason: english(reason), ofWork: true };
}

interface PanelDeps extends Required<Omit<CommentPageDeps, "newPage">> {
  readonly page: Page;
  readonly replies: PageReplies<CommentPart>;
  readonly request: CommentsRequest;
  readonly reading: WorkReading;
  readonly signal: AbortSignal;
}

/** The comment panel of a page, with a reader before it. */
class CommentPanel {
  readonly #deps: PanelDeps;
  readonly #authorSecUid: string | null;
  /** Comments that this page has shown. */
  readonly #seen = new Set<string>();
  /** Top comments in the order in which the panel has them. */
  readonly #floors: { readonly id: string; readonly nickname: string | null }[] = [];
  /** First floor that may have replies to be opened. */
  #from = 0;
  /** Floor that is being opened. */
  #current = { index: -1, scrolls: 0, clicks: 0 };
  #idle = 0;
  /** Whether what came last was known from before. */
  #isKnown = false;
  #isListOver = false;
  /** Why replies are not opened any more; null while they are. */
  #repliesWall: string | null = null;
  /** Why a reply was of no use. */
  #unreadable: string | null = null;
  /** Whether one with top comments was. */
  #isTorn = false;
  #furthest = -1;
  /** Replies that had come at the last scroll. */
  #cameBefore = 0;

  constructor(deps: PanelDeps) {
    this.#deps = deps;
    this.#authorSecUid = deps.reading.outcome === "found" ? deps.reading.work.author.secUid : null;
  }

  async *read(): AsyncGenerator<CommentsSeen, CommentsEnd, void> {
    const { replies, signal } = this.#deps;
    for (;;) {
      const isAnswered = await replies.settle(ANSWER_WITHIN_MS, signal);
      if (!isAnswered) this.#idle++;
      for (let heard = replies.take(); heard !== null; heard = replies.take()) {
        const taken = this.#take(heard);
        if (taken === null) continue;
        if ("endedBy" in taken) return taken;
        yield taken;
      }
      const step = await this.#step();
      if (step === null) continue;
      // What was asked for meanwhile is still to come.
      if ((await replies.settle(ANSWER_WITHIN_MS, signal)) && !(await replies.comes(0, signal))) return step;
      if (this.#idle >= MOST_IDLE) return step;
    }
  }

  /** Takes in a reply. @returns what it brought, or the end that it is; null for nothing */
  #take({ about: { floorId }, reply, reason, receivedAt }: HeardReply<CommentPart>): CommentsSeen | CommentsEnd | null {
    const { request } = this.#deps;
    const asked = { workId: request.work.id, floorId, authorSecUid: this.#authorSecUid, receivedAt };
    const page = reply === null ? ({ outcome: "unreadable", reason } as const) : readComments(reply, asked);
    switch (page.outcome) {
      case "refused":
        return this.#refused(page.refusal, floorId);
      case "unreadable":
        this.#unreadable = english(page.reason);
        this.#isTorn ||= floorId === null;
        this.#idle++;
        return null;
      case "other":
        return null;
      case "found": {
        const { comments, hasMore, cursor, total } = page;
        const news = comments.filter(({ id }) => !this.#seen.has(id));
        this.#idle = news.length > 0 ? 0 : this.#idle + 1;
        this.#isKnown = news.length > 0 && news.every(({ id }) => request.knows(id));
        if (news.length > 0 && floorId !== null) this.#current.clicks = 0;
        for (const { id, parentId, user } of news) {
          this.#seen.add(id);
          if (floorId === null && parentId === null) this.#floors.push({ id, nickname: user.nickname });
        }
        if (!hasMore && floorId === null) this.#isListOver = true;
        else if (!hasMore) this.#closeFloor();
        return { floorId, comments, cursor, total };
      }
    }
  }

  /** Leaves the floor that is being opened: it has no more replies to give. */
  #closeFloor(): void {
    this.#from = Math.max(this.#from, this.#current.index + 1);
  }

  #refused(refusal: Refusal, floorId: string | null): CommentsEnd | null {
    const { kind, reason } = refusal;
    if (floorId !== null && WALLS.has(kind)) {
      this.#repliesWall = english(reason);
      return null;
    }
    if (floorId !== null && kind === "withheld") {
      this.#closeFloor(); // it tells replies that it does not give
      return null;
    }
    if (kind === "withheld" && this.#isClosed) return { endedBy: "end", reason: CLOSED };
    return endBy(refusal);
  }

  get #isClosed(): boolean {
    const { reading } = this.#deps;
    return reading.outcome === "found" && reading.work.commentsAllowed === false;
  }

  /** Looks at the page and does what a reader would do next. @returns the end, where there is nothing to be done */
  async #step(): Promise<CommentsEnd | null> {
    const { page, clock, signal } = this.#deps;
    const from = this.#repliesWall === null ? this.#from : Number.MAX_SAFE_INTEGER;
    const view = await answerOf(page.evaluate(lookAtPanel, from), signal).catch(orGone(page, signal));
    if (view === null) {
      await clock.sleep(LOOK_EVERY_MS, signal);
      return ++this.#idle < MOST_IDLE ? null : { endedBy: "stuck", reason: "the page goes elsewhere again and again" };
    }
    const refusal = refusalOfPage(200, view);
    if (refusal !== null) return endBy(refusal);
    if (!view.isOpen) return this.#open(view);
    const floor = this.#floorIn(view);
    if (floor !== null) {
      await this.#unfold(floor, view);
      return null;
    }
    if (view.floors.length > 0) return null; // none of these is wanted: there may be others behind them
    const end = this.#endIn(view);
    if (end === null) await this.#scroll(view);
    return end;
  }

  /** Returns the end that the panel shows. */
  #endIn({ ended, walled, asksLogin }: PanelView): CommentsEnd | null {
    // An end would say that what did not come is no longer there.
    if ((this.#isListOver || ended) && this.#isTorn)
      return { endedBy: "stuck", reason: `the platform shows no more comments, and some did not reach us (${this.#unreadable})` };
    if (this.#isListOver || ended)
      return this.#repliesWall === null
        ? { endedBy: "end", reason: this.#isClosed ? CLOSED : "the platform shows no more comments" }
        : { endedBy: "wall", reason: this.#repliesWall };
    const isIdle = this.#idle >= MOST_IDLE;
    if (walled || (asksLogin && isIdle))
      return { endedBy: "wall", reason: "the platform shows more comments to people who are logged in only" };
    return isIdle ? nothingNew(MOST_IDLE, this.#unreadable) : null;
  }

  /** Opens the panel, or waits for what opens it. */
  async #open({ opener }: PanelView): Promise<CommentsEnd | null> {
    const { page, clock, signal, reading } = this.#deps;
    const isOpen = async (until: number) => {
      for (;;) {
        const view = await answerOf(page.evaluate(lookAtPanel, 0), signal).catch(orGone(page, signal));
        if (view?.isOpen === true || (opener === null && view?.opener != null)) return true;
        if (clock.now() >= until) return false;
        await clock.sleep(LOOK_EVERY_MS, signal);
      }
    };
    if (opener !== null && this.#idle++ < MOST_IDLE) {
      await answerOf(page.mouse.move(opener.x, opener.y), signal);
      await answerOf(page.mouse.click(opener.x, opener.y), signal);
      await isOpen(clock.now() + 5000);
      return null;
    }
    if (opener === null && (await isOpen(clock.now() + 10_000))) return null;
    if (this.#isClosed) return { endedBy: "end", reason: CLOSED };
    const why = reading.outcome === "silent" ? ` (${reading.reason})` : reading.outcome === "refused" ? ` (${reading.refusal.reason})` : "";
    return { endedBy: "stuck", reason: `the page shows no comments and nothing that opens them${why}` };
  }

  /** Returns the first floor whose replies are wanted, and passes over those before it. */
  #floorIn({ floors }: PanelView): FloorView | null {
    for (const floor of floors) {
      const known = this.#floors[floor.index];
      const isIt = known !== undefined && known.nickname !== null && floor.words.includes(known.nickname);
      if (this.#deps.request.wantsReplies(isIt ? known.id : null)) return floor;
      this.#from = floor.index + 1;
    }
    return null;
  }

  /** Brings the words that open a floor into view, or clicks on them. */
  async #unfold(floor: FloorView, view: PanelView): Promise<void> {
    if (this.#current.index !== floor.index) this.#current = { index: floor.index, scrolls: 0, clicks: 0 };
    const current = this.#current;
    const { page, replies, signal } = this.#deps;
    const isCovered = floor.isInView && !floor.isOnTop;
    if (current.clicks >= MOST_CLICKS || current.scrolls >= (isCovered ? MOST_CLICKS : 40) || view.middle === null) {
      this.#from = floor.index + 1;
    } else if (!floor.isInView || isCovered) {
      current.scrolls++;
      const most = turnOf(view);
      await this.#turn(view.middle, Math.max(-most, Math.min(most, floor.y - view.middle.y)));
    } else {
      current.clicks++;
      const before = replies.count;
      await answerOf(page.mouse.move(floor.x, floor.y), signal);
      await answerOf(page.mouse.click(floor.x, floor.y), signal);
      await this.#pause();
      await replies.settle(ANSWER_WITHIN_MS, signal);
      if (replies.count === before) await replies.comes(QUIET_MS, signal);
    }
  }

  /** Scrolls on; where that moves nothing, waits for a while and scrolls up and down. */
  async #scroll(view: PanelView): Promise<void> {
    const { replies, signal, clock } = this.#deps;
    const { middle, scrolled } = view;
    const stands = scrolled <= this.#furthest && replies.count === this.#cameBefore;
    this.#furthest = Math.max(this.#furthest, scrolled);
    this.#cameBefore = replies.count;
    if (stands) {
      this.#idle++;
      if (await replies.comes(QUIET_MS, signal)) return;
    }
    if (middle === null) return clock.sleep(LOOK_EVERY_MS, signal);
    if (stands) await this.#turn(middle, -turnOf(view));
    await this.#turn(middle, turnOf(view));
  }

  /** Turns the wheel, which acts where the pointer is. */
  async #turn({ x, y }: { readonly x: number; readonly y: number }, by: number): Promise<void> {
    const { page, signal } = this.#deps;
    await answerOf(page.mouse.move(x, y), signal);
    await answerOf(page.mouse.wheel(0, Math.round(by)), signal);
    await answerOf(page.evaluate(untilStill), signal).catch(orGone(page, signal));
    await this.#pause();
  }

  #pause(): Promise<void> {
    const { clock, random, pauses, signal } = this.#deps;
    // Shorter if the comments are known from before (facts/videos.md 2.4, 5.2).
    const [from, to] = this.#isKnown ? [500, 900] : [1000, 2000];
    return clock.sleep(Math.round(randomBetween(from, to, random) * pauses), signal);
  }
}

/** Part of the panel that one turn of the wheel moves it by. */
function turnOf({ height }: PanelView): number {
  return height * 0.85;
}

const CLOSED = "comments of this work are closed";

function endBy({ kind, reason }: Refusal): CommentsEnd {
  return { endedBy: kind === "captcha" ? "captcha" : WALLS.has(kind) ? "wall" : "blocked", reason: english(reason) };
}
