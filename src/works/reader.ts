import type { Platform } from "../platform/access/platform.js";
import type {
  AskedWork,
  CommentsEnd,
  CommentsRequest,
  CommentsSeen,
  ListEnd,
  ListSeen,
  WorkReading,
  WorkVisitor,
} from "../platform/access/work-visitor.js";
import { followPaste, type Unsettled } from "../platform/links/follow.js";
import { type Door, worksDoor } from "../platform/links/paste.js";
import type { RefusalKind } from "../platform/works/refusal.js";
import type { AskedList } from "../platform/works/work-list.js";
import { type Clock, type FollowingController, linkedController, untilAborted } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { english, msg } from "../runtime/msg.js";
import { FairSemaphore } from "../runtime/semaphore.js";
import { Pace, type Visit } from "./pace.js";

/** Meaning of a pasted text on the side of works: a work by its id, an author, or a mix (合集). `page` is the kind of a work's page, where known. */
export type WorkLink =
  | ({ readonly kind: "work" } & AskedWork)
  | { readonly kind: "author"; readonly secUid: string }
  | { readonly kind: "mix"; readonly id: string };

/** Dependencies of the reader of works. */
interface WorkReaderOptions {
  /** Returns the visitor as whom works are read, who is asked for before each page: another one after a new login. @throws DyliveError no_browser, browser_failed, not_found */
  readonly visitor: () => Promise<WorkVisitor>;
  /** Way to ask where short links lead, before a page is opened for that. */
  readonly platform: Platform;
  readonly userAgent: string;
  readonly clock: Clock;
  /** Gives numbers from 0 up to 1. */
  readonly random?: () => number;
  /** Share of the pauses between pages that is made; 1 by default. */
  readonly pauses?: number;
}

/** State of the reader and of its pace. Times are ms UTC. */
export interface WorkReaderStatus {
  /** Works and short links that wait for their turn. */
  readonly waiting: number;
  /** Subject of the page that is open now: a work's id, a short link, the works of an author, or the comments of an id. */
  readonly reading: string | null;
  /** When the next page may be opened; it may be over. Null before the first. */
  readonly nextAt: number | null;
  /** End of the pause after many refusals; it is over while a probe is due. Null when there is no pause. */
  readonly pausedUntil: number | null;
  /** Pages opened since the start, those that were refused to the visitor, and those that failed. */
  readonly opened: number;
  readonly refused: number;
  readonly failed: number;
  /** The same of the last, by which a pause is decided. */
  readonly last: { readonly visits: number; readonly refused: number };
  /** Reason of the last refusal. */
  readonly lastRefusal: string | null;
}

/** PageTurn of a page, which nothing else is read in. */
interface PageTurn {
  readonly visitor: WorkVisitor;
  /** Ends the turn. @param refusal why the visitor was refused; null if they were not */
  readonly end: (refusal: string | null) => void;
  /** Ends the turn by an error. */
  readonly fail: (error: unknown) => void;
}

/** A reading that callers who want the same share; it ends with the last of them. */
interface SharedReading {
  readonly result: Promise<unknown>;
  readonly stop: FollowingController;
  callers: number;
}

/** Most pages that wait; at the usual pace they take a quarter of an hour. */
const MOST_WAITING = 100;
/** Refusals that are about the visitor, not about a work. */
const ABOUT_VISITOR: ReadonlySet<RefusalKind> = new Set(["captcha", "blocked", "not_ours", "limited", "withheld"]);

/**
 * Reads works one after another in one page at a time, at a pace that a person could have. The first come are the first served; callers who
 * want the same work share one reading.
 */
export class WorkReader {
  readonly #options: WorkReaderOptions;
  readonly #pace: Pace;
  /** The one page. */
  readonly #page = new FairSemaphore(1);
  readonly #shared = new Map<string, SharedReading>();
  readonly #stop = new AbortController();
  #visitor: WorkVisitor | null = null;
  #waiting = 0;
  #reading: string | null = null;
  readonly #counts: Record<Visit, number> = { answered: 0, refused: 0, failed: 0 };
  #lastRefusal: string | null = null;
  #turns = 0;

  constructor(options: WorkReaderOptions) {
    this.#options = options;
    this.#pace = new Pace(options.clock, options.random, options.pauses);
  }

  /**
   * Finds the work that a pasted text means. Only short links ask the platform.
   * @throws DyliveError bad_work; no_work, work_unknown where a short link leads nowhere; unreachable, too_many_works, no_browser
   */
  async find(text: string, signal: AbortSignal): Promise<AskedWork> {
    const { id, page } = await this.#find(text, worksDoor(["work"], this.#options.clock.now()), signal);
    return { id, page };
  }

  /** Finds the work, the author or the mix that a pasted text means, as {@link find} does a work. @throws DyliveError as `find` */
  findAny(text: string, signal: AbortSignal): Promise<WorkLink> {
    return this.#find(text, worksDoor(["work", "author", "mix"], this.#options.clock.now()), signal);
  }

  /** Finds the author or the mix that a pasted text means, as {@link find} does a work. @throws DyliveError as `find` */
  async findList(text: string, signal: AbortSignal): Promise<AskedList> {
    const found = await this.#find(text, worksDoor(["author", "mix"], this.#options.clock.now()), signal);
    return found.kind === "author" ? { secUid: found.secUid } : { mixId: found.id };
  }

  /** Reads a work when its turn comes. @throws DyliveError no_browser, browser_failed, unreachable, too_many_works, stopping */
  read(asked: AskedWork, signal: AbortSignal): Promise<WorkReading> {
    return this.#share(asked.id, (visitor, until) => visitor.read(asked, until), refusalIn, signal);
  }

  /**
   * Reads the works of an author or a mix when its turn comes, until the loop ends or is left; meanwhile nothing else is read. What is scrolled
   * to is paced as pages are.
   * @throws DyliveError no_account, no_work, and as `read`; from the loop
   */
  list(asked: AskedList, signal: AbortSignal): AsyncGenerator<ListSeen, ListEnd, void> {
    const of = "secUid" in asked ? asked.secUid : asked.mixId;
    const open = (visitor: WorkVisitor, until: AbortSignal) => {
      const turn = () => {
        this.#pace.note("answered");
        return this.#untilPaced(until);
      };
      return visitor.list({ list: asked, turn }, until);
    };
    return this.#inTurn(`works of ${of}`, open, signal);
  }

  /**
   * Reads a work's comments when its turn comes, until the loop ends or is left; meanwhile nothing else is read.
   * @throws DyliveError no_work, and as `read`; from the loop
   */
  comments(request: CommentsRequest, signal: AbortSignal): AsyncGenerator<CommentsSeen, CommentsEnd, void> {
    return this.#inTurn(`comments of ${request.work.id}`, (visitor, until) => visitor.comments(request, until), signal);
  }

  /** Returns the state of the reader and of its pace. */
  status(): WorkReaderStatus {
    const { answered, refused, failed } = this.#counts;
    const opened = answered + refused + failed;
    return {
      waiting: this.#waiting,
      reading: this.#reading,
      nextAt: opened === 0 ? null : this.#pace.nextAt,
      pausedUntil: this.#pace.pausedUntil,
      ...{ opened, refused, failed },
      last: this.#pace.last,
      lastRefusal: this.#lastRefusal,
    };
  }

  /** Ends all readings, also those that wait. */
  async close(): Promise<void> {
    this.#stop.abort(new DyliveError("stopping", "works are no longer read"));
    await Promise.allSettled([...this.#shared.values()].map(({ result }) => result));
    this.#visitor?.release();
  }

  async #find<T extends object>(text: string, door: Door<T>, signal: AbortSignal): Promise<T> {
    const { platform, userAgent } = this.#options;
    const open = (url: string, until: AbortSignal) =>
      this.#share(
        url,
        (visitor, stop) => visitor.open(url, stop),
        () => null,
        until,
      );
    const found = await followPaste(text, door, { platform, userAgent, open }, signal);
    if (!isUnsettled(found)) return found;
    throw new DyliveError(found.outcome === "gone" ? "no_work" : "work_unknown", found.reason);
  }

  /** Goes through a page in a turn of its own. */
  async *#inTurn<Seen, End extends ListEnd | CommentsEnd>(
    what: string,
    open: (visitor: WorkVisitor, signal: AbortSignal) => AsyncGenerator<Seen, End, void>,
    signal: AbortSignal,
  ): AsyncGenerator<Seen, End, void> {
    const until = linkedController(signal, this.#stop.signal);
    try {
      const turn = await this.#turn(`${what} (${++this.#turns})`, until.signal);
      let refusal: string | null = null;
      try {
        const end = yield* open(turn.visitor, until.signal);
        const isOfWork = "ofWork" in end && end.ofWork === true;
        if (!isOfWork && (end.endedBy === "captcha" || end.endedBy === "blocked")) refusal = end.reason;
        return end;
      } catch (error) {
        turn.fail(error);
        throw error;
      } finally {
        turn.end(refusal);
      }
    } finally {
      until.release();
    }
  }

  /** Reads in a turn that all callers of the same key share. @param refusalOf returns why the visitor was refused; null if they were not */
  async #share<T>(
    key: string,
    read: (visitor: WorkVisitor, signal: AbortSignal) => Promise<T>,
    refusalOf: (result: T) => string | null,
    signal: AbortSignal,
  ): Promise<T> {
    signal.throwIfAborted();
    this.#stop.signal.throwIfAborted();
    const shared = this.#shared.get(key) ?? this.#begin(key, read, refusalOf);
    shared.callers++;
    try {
      return (await untilAborted(shared.result, signal)) as T;
    } finally {
      if (--shared.callers === 0) {
        this.#forget(key, shared);
        shared.stop.abort(signal.reason);
      }
    }
  }

  #begin<T>(
    key: string,
    read: (visitor: WorkVisitor, signal: AbortSignal) => Promise<T>,
    refusalOf: (result: T) => string | null,
  ): SharedReading {
    const stop = linkedController(this.#stop.signal);
    const result = (async () => {
      const turn = await this.#turn(key, stop.signal);
      try {
        const found = await read(turn.visitor, stop.signal);
        turn.end(refusalOf(found));
        return found;
      } catch (error) {
        turn.fail(error);
        throw error;
      }
    })().finally(() => {
      this.#forget(key, shared);
      stop.release();
    });
    result.catch(() => {}); // its callers may all be gone
    const shared: SharedReading = { result, stop, callers: 0 };
    this.#shared.set(key, shared);
    return shared;
  }

  #forget(key: string, shared: SharedReading): void {
    if (this.#shared.get(key) === shared) this.#shared.delete(key);
  }

  /** Waits until the page is free, and may be opened. */
  async #turn(key: string, signal: AbortSignal): Promise<PageTurn> {
    if (this.#waiting > MOST_WAITING) throw new DyliveError("too_many_works", msg`${MOST_WAITING} works wait to be read`);
    this.#waiting++;
    let leave: (() => void) | null = null;
    try {
      leave = await this.#page.acquire(signal);
      signal.throwIfAborted();
      await this.#untilPaced(signal);
      this.#reading = key;
      this.#visitor = await this.#options.visitor();
      signal.throwIfAborted();
    } catch (error) {
      this.#leave(leave);
      throw error;
    } finally {
      this.#waiting--;
    }
    let isOver = false;
    const end = (visit: Visit) => {
      if (isOver) return;
      isOver = true;
      this.#counts[visit]++;
      this.#pace.note(visit);
      this.#leave(leave);
    };
    return {
      visitor: this.#visitor,
      end: (refusal) => {
        end(refusal === null ? "answered" : "refused");
        this.#lastRefusal = refusal ?? this.#lastRefusal;
      },
      // A page that says that there is nothing is an answer.
      fail: (error) =>
        end(error instanceof DyliveError && (error.code === "no_account" || error.code === "no_work") ? "answered" : "failed"),
    };
  }

  #leave(leave: (() => void) | null): void {
    if (leave === null) return;
    this.#reading = null;
    leave();
  }

  async #untilPaced(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    for (let ms = this.#pace.nextAt - clock.now(); ms > 0; ms = this.#pace.nextAt - clock.now()) await clock.sleep(ms, signal);
  }
}

function isUnsettled(found: object): found is Unsettled {
  return "outcome" in found;
}

/** Returns why a page was refused to the visitor; null when it was not. A page that tells nothing counts: so do silent refusals. */
function refusalIn(reading: WorkReading): string | null {
  if (reading.outcome === "silent") return english(reading.reason);
  return reading.outcome === "refused" && ABOUT_VISITOR.has(reading.refusal.kind) ? english(reading.refusal.reason) : null;
}
