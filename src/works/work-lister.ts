import type { ListEnd, ListSeen } from "../platform/access/work-visitor.js";
import type { AskedList } from "../platform/works/work-list.js";
import type { Clock } from "../runtime/clock.js";
import type { Author } from "./model/author.js";
import type { Mix, Work } from "./model/work.js";
import type { WorkListRun } from "./model/work-list.js";
import type { WorkReader } from "./reader.js";

/** Options of listing works. */
export interface WorkListerOptions {
  readonly reader: Pick<WorkReader, "list">;
  readonly clock: Clock;
  /** Most works that this run collects. 10,000 */
  readonly limit?: number | undefined;
  /** Returns whether a work is known from before, and with it those that are older. */
  readonly knows?: ((id: string) => boolean) | undefined;
  /**
   * Known works in a row after which the rest of an author's works is known, too: they are in the order of time, but for those that are pinned.
   * Not by default, and never in a mix, which begins with its oldest.
   */
  readonly stopAfterKnown?: number | undefined;
}

const MOST_WORKS = 10_000;

/** Bounds of a run, as it tells them of itself. */
export type ListBounds = Pick<WorkListRun, "limit" | "stopAfterKnown">;

/** Returns the bounds of a run of which these were asked for. */
export function listBounds(asked: AskedList, { limit, stopAfterKnown }: Partial<Pick<WorkListerOptions, keyof ListBounds>>): ListBounds {
  return { limit: limit ?? MOST_WORKS, stopAfterKnown: "mixId" in asked ? null : (stopAfterKnown ?? null) };
}

/** Whether a run went through all that the platform shows: what is older than the works of then was listed by it, or before. */
export function isWhole({ endedBy }: Pick<WorkListRun, "endedBy">): boolean {
  return endedBy === "end" || endedBy === "known" || endedBy === "wall";
}

const STOPPED: Pick<WorkListRun, "endedBy" | "reason"> = { endedBy: "stopped", reason: "it was stopped before its end" };

/** Lists the works of an author, or of a mix, each once. */
export class WorkLister {
  readonly #asked: AskedList;
  readonly #options: WorkListerOptions;
  readonly #bounds: ListBounds;
  readonly #startedAt: number;
  #author: Author | null = null;
  #mix: Mix | null;
  #collected = 0;
  #hidden = 0;
  #knownInARow = 0;
  #isTorn = false;
  #end: Pick<WorkListRun, "endedBy" | "reason"> | null = null;
  #endedAt: number | null = null;

  constructor(asked: AskedList, options: WorkListerOptions) {
    this.#asked = asked;
    this.#options = options;
    this.#bounds = listBounds(asked, options);
    this.#startedAt = options.clock.now();
    this.#mix = "mixId" in asked ? { id: asked.mixId, name: null } : null;
  }

  /** Whether a part of the list did not reach us though a later one did: the newest works that came may not be the newest there are. */
  get isTorn(): boolean {
    return this.#isTorn;
  }

  /** Returns the state of the run. */
  status(): WorkListRun {
    return {
      secUid: "secUid" in this.#asked ? this.#asked.secUid : null,
      author: this.#author,
      mix: this.#mix,
      shown: this.#author?.works ?? null,
      collected: this.#collected,
      hidden: this.#hidden,
      ...this.#bounds,
      ...(this.#end ?? { endedBy: null, reason: null }),
      startedAt: this.#startedAt,
      endedAt: this.#endedAt,
    };
  }

  /**
   * Yields works as they come, those that are known among them: their figures may have changed. Ends at the platform's end or whatever else
   * ends it, which {@link status} tells; when the signal aborts it ends as stopped.
   * @throws DyliveError no_account, no_work, no_browser, browser_failed, unreachable, too_many_works, stopping
   */
  async *batches(signal: AbortSignal): AsyncGenerator<readonly Work[], void, void> {
    const { clock } = this.#options;
    try {
      for await (const seen of this.#pages(signal)) {
        const works = this.#take(seen);
        if (works.length > 0) yield works;
        if (this.#end !== null) return;
      }
    } catch (error) {
      this.#endedAt = clock.now();
      if (!signal.aborted) throw error;
      this.#end ??= STOPPED;
    } finally {
      // Left by its reader, where it did not break off.
      if (this.#endedAt === null) this.#end ??= STOPPED;
      this.#endedAt = clock.now();
    }
  }

  async *#pages(signal: AbortSignal): AsyncGenerator<ListSeen, void, void> {
    const end: ListEnd = yield* this.#options.reader.list(this.#asked, signal);
    this.#end = end;
  }

  #take({ author, mix, works, hidden, torn = false }: ListSeen): readonly Work[] {
    const { limit } = this.#bounds;
    this.#author = author ?? this.#author;
    this.#mix = mix ?? this.#mix;
    this.#hidden += hidden;
    this.#isTorn = torn;
    const taken: Work[] = [];
    for (const work of works) {
      if (this.#end !== null) break;
      taken.push(work);
      this.#collected++;
      if (this.#collected >= limit) this.#end = this.#ended("limit", `the run was limited to ${limit} works`);
      if (!work.pinned) this.#count(work.id);
    }
    return taken;
  }

  /** Counts the known works in a row. */
  #count(id: string): void {
    const { knows } = this.#options;
    const { stopAfterKnown } = this.#bounds;
    if (knows === undefined || stopAfterKnown === null) return;
    this.#knownInARow = knows(id) ? this.#knownInARow + 1 : 0;
    if (this.#knownInARow >= stopAfterKnown) this.#end ??= this.#ended("known", `${stopAfterKnown} works in a row are known from before`);
  }

  /** Returns an end of our own; where something is missing before it, it is none that says that the rest is known. */
  #ended(endedBy: "limit" | "known", reason: string): Pick<WorkListRun, "endedBy" | "reason"> {
    return this.#isTorn ? { endedBy: "stuck", reason: `${reason}, and some before them did not reach us` } : { endedBy, reason };
  }
}
