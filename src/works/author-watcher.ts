import { createHash } from "node:crypto";
import type { LiveEvent, NewEventOf } from "../events/event.js";
import { type Clock, type FollowingController, linkedController, randomBetween } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import { SYSTEM_ROOM } from "../store/log.js";
import type { AuthorLook, KeptAuthorWatch } from "../store/sql/author-watches.js";
import type { Store } from "../store/store.js";
import type { Person } from "./model/author.js";
import { type AuthorWatch, type LookOutcome, WELL } from "./model/author-watch.js";
import type { Work } from "./model/work.js";
import type { WorkListRun } from "./model/work-list.js";
import type { WorkReader } from "./reader.js";
import { WorkLister } from "./work-lister.js";
import { personOfSecUid, type WorkService } from "./work-service.js";

/** Dependencies of the watch on authors. */
interface AuthorWatcherOptions {
  readonly reader: Pick<WorkReader, "list" | "findList">;
  readonly works: Pick<WorkService, "keep" | "refuseErased">;
  readonly store: Pick<Store, "authorWatches" | "works" | "log">;
  readonly clock: Clock;
  /** Time between two looks at an author, in ms. */
  readonly checkMs: number;
  /** Gives numbers from 0 up to 1. */
  readonly random?: () => number;
  /** Makes the function that takes people out of an event who were erased at a time (ms UTC) or later. */
  readonly erasedSince: (since: number) => Promise<(event: LiveEvent) => LiveEvent>;
  readonly onError: (error: unknown, secUid: string | null) => void;
}

/** Result of going through an author's works: those that came, by what that ended, and when it had begun. */
interface AuthorSeen {
  readonly works: readonly Work[];
  readonly author: Person | null;
  readonly outcome: LookOutcome;
  readonly reason: string | null;
  readonly startedAt: number;
  /** Whether works before these did not reach us. */
  readonly torn: boolean;
}

/** Time between two looks whether an author is due, in ms: other processes of a cluster add them too. */
const POLL_MS = 2_000;
/** Pause after an error of the store, in ms: what was read is read again, so not at once. */
const STORE_PAUSE_MS = 60_000;
/** Known works in a row after which a look ends, pinned ones apart. */
const STOP_AFTER_KNOWN = 3;
/** Most works of the first look, about a page, and of any other. */
const FIRST_WORKS = 20;
const MOST_WORKS = 200;
/** Ids of works that are kept to know them again. */
const KNOWN_IDS = 100;
/** Longest pause between two looks that fail, as a multiple of the usual one. */
const MOST_PAUSES = 8;
/** Looks are spread by chance, up to so much later and as much sooner than their time. */
const MOST_SPREAD = 1.1;

/**
 * Looks at the authors who are watched, one after another and each in its time, and tells each work that they publish as an event of the
 * system's room. The first look only learns what is there. An event is named by its work, so that none is announced twice, whatever was
 * interrupted.
 */
export class AuthorWatcher {
  readonly #options: AuthorWatcherOptions;
  #poke: FollowingController = linkedController();

  constructor(options: AuthorWatcherOptions) {
    this.#options = options;
  }

  /**
   * Begins to watch the author that a pasted text means; gives the watch that there is, if there is one.
   * @throws DyliveError bad_work, erased, too_many_watches, no_work, work_unknown; for short links also unreachable, too_many_works, no_browser
   */
  async add(text: string, signal: AbortSignal): Promise<{ readonly watch: AuthorWatch; readonly isNew: boolean }> {
    const { reader, works, store, clock } = this.#options;
    const found = await reader.findList(text, signal);
    if (!("secUid" in found)) throw new DyliveError("bad_work", "that is a mix; authors alone are watched");
    await works.refuseErased(personOfSecUid(found.secUid));
    const { kept, isNew } = await store.authorWatches.add(found.secUid, clock.now());
    this.#poke.abort();
    return { watch: kept.watch, isNew };
  }

  /** Has an author looked at as soon as their turn comes. @throws DyliveError not_found when they are not watched */
  async lookSoon(secUid: string): Promise<void> {
    const { store, clock } = this.#options;
    if (!(await store.authorWatches.lookAt(secUid, clock.now()))) throw unwatched(secUid);
    this.#poke.abort();
  }

  /** Starts to look at authors. Meant for one process at a time. @returns what ends that */
  start(): () => Promise<void> {
    const stop = new AbortController();
    const running = this.#run(stop.signal);
    return () => {
      stop.abort(new DyliveError("stopping", "authors are no longer watched"));
      return running;
    };
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { store, clock, onError, checkMs } = this.#options;
    while (!signal.aborted) {
      // A new one before the look: what is asked for meanwhile is not missed.
      const poke = linkedController(signal);
      this.#poke = poke;
      let pauseMs = POLL_MS;
      let secUid: string | null = null;
      try {
        const due = await store.authorWatches.due(clock.now(), Math.ceil(MOST_SPREAD * MOST_PAUSES * checkMs));
        secUid = due?.watch.secUid ?? null;
        if (due !== null && (await this.#look(due, signal))) pauseMs = 0;
      } catch (error) {
        if (signal.aborted) return;
        onError(error, secUid);
        pauseMs = STORE_PAUSE_MS;
      }
      if (pauseMs > 0) await clock.sleep(pauseMs, poke.signal).catch(() => {});
      poke.release();
    }
  }

  /** Looks at an author, tells what is new, and keeps what is known now. @returns false when it was stopped: then it has not been */
  async #look(kept: KeptAuthorWatch, signal: AbortSignal): Promise<boolean> {
    const { store, clock, random = Math.random, checkMs } = this.#options;
    const { n, watch, known } = kept;
    let seen = await this.#seen(kept, signal);
    if (seen === null) return false;
    const isFirst = watch.learnedAt === null;
    const fresh = isFirst ? [] : newAmong(seen.works, kept);
    const announced = fresh.length > 0 ? await this.#tell(kept, fresh) : [];
    // Before it is kept what they are called, and the newest they have: they may have been erased while that was announced.
    seen = await this.#unlessErased(watch, seen);
    const { works, outcome, reason, startedAt } = seen;
    const at = clock.now();
    // A page that brings nothing more twice in a row may never do: what it showed is all.
    const isAllShown = outcome === "stuck" && watch.look?.outcome === "stuck" && works.length > 0;
    const settled = isFirst ? isFrontSeen(seen) : WELL.has(outcome) || isAllShown;
    const failingSince = WELL.has(outcome) ? null : (watch.failingSince ?? at);
    const pauseMs = failingSince === null ? checkMs : Math.min(Math.max(checkMs, at - failingSince), MOST_PAUSES * checkMs);
    const look: AuthorLook = {
      author: seen.author,
      look: { at, outcome, reason },
      nextAt: at + Math.round(pauseMs * randomBetween(2 - MOST_SPREAD, MOST_SPREAD, random)),
      failingSince,
      learnedAt: watch.learnedAt ?? (settled ? at : null),
      // Where the front is missing, newer ones are those that are published from now on.
      newest: settled && !(isFirst && seen.torn) ? newestOf(works, watch.newest) : watch.newest,
      known: settled ? newestIds([...works.map(({ id }) => id), ...known]) : known,
      published: announced.length,
    };
    await store.authorWatches.note(n, look, watch.nextAt);
    // The erasure may have passed by before that was there.
    const left = outcome === "erased" ? seen : await this.#unlessErased(watch, seen);
    if (left !== seen) {
      const known = { learnedAt: watch.learnedAt, newest: watch.newest, known: kept.known, published: 0 };
      const erased = { ...look, ...known, author: null, look: { at, outcome: left.outcome, reason: left.reason } };
      await store.authorWatches.note(n, erased, watch.nextAt);
    }
    if (fresh.length > 0) await this.#leaveOut(fresh, startedAt);
    return true;
  }

  /** Goes through the works of an author who was not erased. @returns null when it was stopped */
  async #seen(kept: KeptAuthorWatch, signal: AbortSignal): Promise<AuthorSeen | null> {
    const { watch } = kept;
    const nothing = { works: [], author: null, outcome: "ok", reason: null, startedAt: this.#options.clock.now(), torn: false } as const;
    const before = await this.#unlessErased(watch, nothing);
    if (before !== nothing) return before;
    const seen = await this.#read(kept, signal);
    return seen === null ? null : this.#unlessErased(watch, seen);
  }

  /** Returns what was seen; none of it where the author was erased, by whatever their page calls them. */
  async #unlessErased({ secUid, author }: AuthorWatch, seen: AuthorSeen): Promise<AuthorSeen> {
    try {
      const byWork = seen.works.find((work) => work.author.secUid === secUid)?.author ?? null;
      for (const person of [personOfSecUid(secUid), author, seen.author, byWork])
        if (person !== null) await this.#options.works.refuseErased(person);
      return seen;
    } catch (error) {
      if (!(error instanceof DyliveError) || error.code !== "erased") throw error;
      return { ...seen, works: [], author: null, outcome: "erased", reason: error.message };
    }
  }

  /** Goes through an author's works to those that are known. @returns null when it was stopped */
  async #read({ watch, known }: KeptAuthorWatch, signal: AbortSignal): Promise<AuthorSeen | null> {
    const { reader, clock, onError } = this.#options;
    const ids = new Set(known);
    const lister = new WorkLister(
      { secUid: watch.secUid },
      {
        ...{ reader, clock, knows: (id: string) => ids.has(id), stopAfterKnown: STOP_AFTER_KNOWN },
        limit: watch.learnedAt === null ? FIRST_WORKS : MOST_WORKS,
      },
    );
    const works: Work[] = [];
    let failure: Pick<AuthorSeen, "outcome" | "reason"> | null = null;
    try {
      for await (const batch of lister.batches(signal)) works.push(...batch);
    } catch (error) {
      if (signal.aborted || (error instanceof DyliveError && error.code === "stopping")) return null;
      failure = failureOf(error);
      if (!(error instanceof DyliveError)) onError(error, watch.secUid);
    }
    const { endedBy, reason, author, startedAt } = lister.status();
    if (failure === null && (endedBy === "stopped" || endedBy === null)) return null;
    const person = author === null ? null : personOf(author);
    return { works, author: person, ...(failure ?? { outcome: outcomeOf(endedBy), reason }), startedAt, torn: lister.isTorn };
  }

  /** Keeps works that are new, and then announces them, oldest first. @returns those that had not been announced before */
  async #tell({ n, watch }: KeptAuthorWatch, fresh: readonly Work[]): Promise<readonly Work[]> {
    const { store, works } = this.#options;
    // What was removed while its page was read tells nothing.
    if ((await store.authorWatches.get(watch.secUid))?.n !== n) return [];
    const kept: Work[] = [];
    // First the works: who reads the event may ask for its work. Nothing is announced of an author who was erased a moment ago.
    for (const work of fresh) if ((await works.keep({ work, reply: null })) !== null) kept.push(work);
    if (kept.length === 0) return [];
    const [appended] = await store.log.append([{ room: SYSTEM_ROOM, epoch: null, events: kept.map(eventOf) }]);
    if (appended?.stored === undefined) throw new DyliveError("internal", "the system's room takes no events");
    const { stored } = appended;
    return kept.filter((_, at) => stored[at] !== null);
  }

  /** Takes out of what was announced who was erased meanwhile: the erasure may have passed by before it was there. */
  async #leaveOut(fresh: readonly Work[], startedAt: number): Promise<void> {
    const { store, erasedSince } = this.#options;
    const leave = await erasedSince(startedAt);
    for (let ids = fresh.map(idOf); ids.length > 0; ) {
      const again: string[] = [];
      for (const event of (await store.log.byId(SYSTEM_ROOM, ids)).values()) {
        const left = leave(event);
        if (left === event) continue;
        // Another erasure has just replaced it.
        if ((await store.log.replace(SYSTEM_ROOM, [left])).length > 0) again.push(event.id);
        const work = fresh.find((one) => idOf(one) === event.id);
        if (work !== undefined) await store.works.remove(work.id);
      }
      ids = again;
    }
  }
}

/** Returns the error of an author who is not watched. */
export function unwatched(secUid: string): DyliveError {
  return new DyliveError("not_found", msg`the author ${secUid.slice(0, 80)} is not watched`);
}

/** Whether the front of an author's works was seen, of which no newer one can be missing. Pinned ones are not of it. */
function isFrontSeen({ works, outcome }: AuthorSeen): boolean {
  return WELL.has(outcome) || works.some(({ pinned }) => !pinned);
}

/** Returns the works that were published since the newest known one, oldest first. */
function newAmong(works: readonly Work[], { watch: { newest, learnedAt }, known }: KeptAuthorWatch): readonly Work[] {
  const since = newest?.time ?? learnedAt ?? 0;
  const isNew = ({ id, time }: Work) => !known.includes(id) && (time > since || (time === newest?.time && id !== newest.id));
  return works.filter(isNew).sort((a, b) => a.time - b.time || (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
}

function newestOf(works: readonly Work[], known: AuthorWatch["newest"]): AuthorWatch["newest"] {
  return works.reduce((newest, { id, time }) => (newest === null || time > newest.time ? { id, time } : newest), known);
}

/** Returns the highest of these ids: they begin with the time at which they were made. */
function newestIds(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)].sort((a, b) => (BigInt(a) < BigInt(b) ? 1 : -1)).slice(0, KNOWN_IDS);
}

function outcomeOf(endedBy: WorkListRun["endedBy"]): LookOutcome {
  switch (endedBy) {
    case "wall":
    case "withheld":
    case "captcha":
    case "blocked":
    case "stuck":
      return endedBy;
    default:
      return "ok";
  }
}

function failureOf(error: unknown): Pick<AuthorSeen, "outcome" | "reason"> {
  // What is no error of ours to tell may name what callers must not see, such as paths.
  if (!(error instanceof DyliveError)) return { outcome: "failed", reason: "it failed; the log says why" };
  return { outcome: error.code === "no_account" ? "gone" : error.code === "blocked" ? "blocked" : "failed", reason: error.message };
}

/** Returns the id of the event of a work, by which it is announced once: the work cannot be found by it when its author is erased. */
function idOf({ id }: Work): string {
  return `work:${createHash("sha256").update(id).digest("hex").slice(0, 32)}`;
}

function eventOf(work: Work): NewEventOf<"work"> {
  const { id, url, kind, text, time, timeEstimated, receivedAt, author } = work;
  return {
    id: idOf(work),
    ...{ room: SYSTEM_ROOM, webRid: null, sessionId: null, method: "dylive", type: "work", time },
    ...(timeEstimated === true && { timeEstimated }),
    ...{ receivedAt, source: "browser", revision: 0 },
    user: {
      ...personOf(author),
      ...{ gender: null, payLevel: null, fansClub: null, isAdmin: false, isAnchor: false, masked: false },
    },
    ...{ workId: id, url, kind, text },
  };
}

function personOf({ id, secUid, displayId, shortId, nickname, avatar }: Person): Person {
  return { id, secUid, displayId, shortId, nickname, avatar };
}
