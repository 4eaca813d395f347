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
import { type Clock, untilAborted } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { english, msg } from "../runtime/msg.js";
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
  /** Subject of the page that is open now: a work's id, a short link, the works of somebody, or the comments of an id. */
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

/** Does something with the visitor; tells what came of it, and why that was refused to the visitor, or null. */
type Run<T> = (visitor: WorkVisitor, signal: AbortSignal) => Promise<{ readonly result: T; readonly refusal: string | null }>;

/** The visitor's one page, for longer than a reading; given back by `end`. */
interface PageLoan {
  readonly visitor: WorkVisitor;
  readonly signal: AbortSignal;
  /** @param refusal why the visitor was refused; null when they were not */
  readonly end: (refusal: string | null) => void;
  readonly fail: (error: unknown) => void;
}

/** A page that callers wait for; those who want the same share it. */
interface WaitingPage {
  readonly key: string;
  readonly run: Run<unknown>;
  readonly result: Promise<unknown>;
  readonly settle: (result: Promise<unknown>) => void;
  readonly fail: (reason: unknown) => void;
  readonly stop: AbortController;
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
  readonly #queue: WaitingPage[] = [];
  readonly #jobs = new Map<string, WaitingPage>();
  readonly #stop = new AbortController();
  #visitor: WorkVisitor | null = null;
  #taking: Promise<WorkVisitor> | null = null;
  #current: WaitingPage | null = null;
  #working: Promise<void> | null = null;
  readonly #counts: Record<Visit, number> = { answered: 0, refused: 0, failed: 0 };
  #lastRefusal: string | null = null;
  #turns = 0;

  constructor(options: WorkReaderOptions) {
    this.#options = options;
    this.#pace = new Pace(options.clock, options.random, options.pauses);
  }

  /**
   * Finds the work that a pasted text means. Only short links ask anybody.
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
    const run: Run<WorkReading> = async (visitor, stop) => {
      const result = await visitor.read(asked, stop);
      return { result, refusal: refusalIn(result) };
    };
    return this.#share(asked.id, run, signal);
  }

  /**
   * Reads the works of an author or a mix when its turn comes, until the loop ends or is left; meanwhile nothing else is read. What is scrolled
   * to is paced as pages are.
   * @throws DyliveError no_account, no_work, and as `read`; from the loop
   */
  list(asked: AskedList, signal: AbortSignal): AsyncGenerator<ListSeen, ListEnd, void> {
    const of = "secUid" in asked ? asked.secUid : asked.mixId;
    const open = ({ visitor, signal: until }: PageLoan) => visitor.list({ list: asked, turn: () => this.#betweenPages(until) }, until);
    return this.#inTurn(`works of ${of}`, open, signal);
  }

  /**
   * Reads a work's comments when its turn comes, until the loop ends or is left; meanwhile nothing else is read.
   * @throws DyliveError no_work, and as `read`; from the loop
   */
  comments(request: CommentsRequest, signal: AbortSignal): AsyncGenerator<CommentsSeen, CommentsEnd, void> {
    return this.#inTurn(`comments of ${request.work.id}`, ({ visitor, signal: until }) => visitor.comments(request, until), signal);
  }

  /** Returns the state of the reader and of its pace. */
  status(): WorkReaderStatus {
    const { answered, refused, failed } = this.#counts;
    const opened = answered + refused + failed;
    return {
      waiting: this.#queue.length,
      reading: this.#current?.key ?? null,
      nextAt: opened === 0 ? null : this.#pace.nextAt,
      pausedUntil: this.#pace.pausedUntil,
      ...{ opened, refused, failed },
      last: this.#pace.last,
      lastRefusal: this.#lastRefusal,
    };
  }

  /** Ends what is read, and whoever waits learns that it stops. */
  async close(): Promise<void> {
    const reason = new DyliveError("stopping", "works are no longer read");
    this.#stop.abort(reason);
    for (const job of [...this.#jobs.values()]) this.#drop(job, reason);
    await this.#working;
    await this.#taking?.catch(() => {});
    this.#visitor?.release();
  }

  async #find<T extends object>(text: string, door: Door<T>, signal: AbortSignal): Promise<T> {
    const { platform, userAgent } = this.#options;
    const run =
      (url: string): Run<string> =>
      async (visitor, stop) => ({ result: await visitor.open(url, stop), refusal: null });
    const open = (url: string, until: AbortSignal) => this.#share(url, run(url), until);
    const found = await followPaste(text, door, { platform, userAgent, open }, signal);
    if (!isUnsettled(found)) return found;
    throw new DyliveError(found.outcome === "gone" ? "no_work" : "work_unknown", found.reason);
  }

  /** Waits within a turn until its page may be made to ask for more. */
  async #betweenPages(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    this.#pace.note("answered");
    await clock.sleep(Math.max(0, this.#pace.nextAt - clock.now()), signal);
  }

  /** Goes through a page in a turn of its own. */
  async *#inTurn<Seen, End extends ListEnd | CommentsEnd>(
    what: string,
    open: (turn: PageLoan) => AsyncGenerator<Seen, End, void>,
    signal: AbortSignal,
  ): AsyncGenerator<Seen, End, void> {
    const turn = await this.#turn(`${what} (${++this.#turns})`, signal);
    let refusal: string | null = null;
    try {
      const end = yield* open(turn);
      const isOfWork = "ofWork" in end && end.ofWork === true;
      if (!isOfWork && (end.endedBy === "captcha" || end.endedBy === "blocked")) refusal = end.reason;
      return end;
    } catch (error) {
      turn.fail(error);
      throw error;
    } finally {
      turn.end(refusal);
    }
  }

  /** Waits for a turn that is nobody else's. */
  async #turn(key: string, signal: AbortSignal): Promise<PageLoan> {
    let give: (turn: PageLoan) => void = () => {};
    const given = new Promise<PageLoan>((resolve) => {
      give = resolve;
    });
    const run: Run<null> = (visitor, stop) => {
      const ended = new Promise<{ readonly result: null; readonly refusal: string | null }>((resolve, fail) => {
        give({ visitor, signal: stop, end: (refusal) => resolve({ result: null, refusal }), fail });
      });
      // A loop that nobody goes on with does not hold up the end of everything.
      return untilAborted(ended, this.#stop.signal);
    };
    const over = this.#share(key, run, signal).then(() => given);
    over.catch(() => {}); // its holder has learnt of it
    return Promise.race([given, over]);
  }

  async #share<T>(key: string, run: Run<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    this.#stop.signal.throwIfAborted();
    const job = this.#jobs.get(key) ?? this.#enqueue(key, run);
    job.callers++;
    try {
      return (await untilAborted(job.result, signal)) as T;
    } finally {
      job.callers--;
      if (job.callers === 0) this.#drop(job, signal.reason);
    }
  }

  #enqueue(key: string, run: WaitingPage["run"]): WaitingPage {
    if (this.#queue.length >= MOST_WAITING) throw new DyliveError("too_many_works", msg`${MOST_WAITING} works wait to be read`);
    let settle: WaitingPage["settle"] = () => {};
    let fail: WaitingPage["fail"] = () => {};
    const result = new Promise<unknown>((resolve, reject) => {
      settle = resolve;
      fail = reject;
    });
    result.catch(() => {}); // its callers may all be gone
    const job: WaitingPage = { key, run, result, settle, fail, stop: new AbortController(), callers: 0 };
    this.#queue.push(job);
    this.#jobs.set(key, job);
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
    });
    return job;
  }

  /** Ends a job: one that comes for the same is a new one. */
  #drop(job: WaitingPage, reason: unknown): void {
    if (this.#jobs.get(job.key) === job) this.#jobs.delete(job.key);
    const at = this.#queue.indexOf(job);
    if (at >= 0) this.#queue.splice(at, 1);
    job.stop.abort(reason);
    job.fail(reason); // does nothing where it has ended
  }

  async #work(): Promise<void> {
    const { clock } = this.#options;
    while (this.#queue.length > 0) {
      const waitMs = this.#pace.nextAt - clock.now();
      if (waitMs > 0) {
        // What waits may be gone by then.
        await clock.sleep(waitMs, this.#stop.signal).catch(() => {});
        continue;
      }
      const job = this.#queue.shift();
      if (job === undefined) return;
      this.#current = job;
      const result = this.#run(job);
      job.settle(result);
      await result.catch(() => {});
      this.#current = null;
      if (this.#jobs.get(job.key) === job) this.#jobs.delete(job.key);
    }
  }

  async #run(job: WaitingPage): Promise<unknown> {
    const visitor = await untilAborted(this.#take(), job.stop.signal);
    let visit: Visit = "failed";
    try {
      const { result, refusal } = await job.run(visitor, job.stop.signal);
      visit = refusal === null ? "answered" : "refused";
      this.#lastRefusal = refusal ?? this.#lastRefusal;
      return result;
    } catch (error) {
      // A page that says that there is nothing is an answer.
      if (error instanceof DyliveError && (error.code === "no_account" || error.code === "no_work")) visit = "answered";
      throw error;
    } finally {
      this.#counts[visit]++;
      this.#pace.note(visit);
    }
  }

  #take(): Promise<WorkVisitor> {
    this.#taking ??= this.#options
      .visitor()
      .then((visitor) => {
        this.#visitor = visitor;
        return visitor;
      })
      .finally(() => {
        this.#taking = null;
      });
    return this.#taking;
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
