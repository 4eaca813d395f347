import type { AskedWork, CommentsRequest, CommentsSeen } from "../platform/access/work-visitor.js";
import type { Clock } from "../runtime/clock.js";
import type { Comment, CommentRun } from "./model/comment.js";
import type { WorkReader } from "./reader.js";

/** Comment that is kept from an earlier run. */
export type KnownComment = Pick<Comment, "id" | "parentId" | "rank">;

/** Options of collecting comments. */
export interface CollectOptions {
  readonly reader: Pick<WorkReader, "comments">;
  readonly clock: Clock;
  /** Most comments that this run collects. 100,000 */
  readonly limit?: number | undefined;
  /** Time, in ms, that this run goes on after the page has shown the first; without an end by default. */
  readonly withinMs?: number | undefined;
  /** Whether replies are collected beside those that are shown without a click. true */
  readonly replies?: boolean | undefined;
  /** Comments that are kept: they are passed over, and the floors that are complete are not opened. `replies`: of a floor, as last reported. */
  readonly known?: Iterable<KnownComment & Partial<Pick<Comment, "replies">>> | undefined;
  /**
   * Whether known comments that are shown again are yielded, too: they are still there, and their figures may have changed. What is known of a floor's
   * replies is then of the last run. false
   */
  readonly again?: boolean | undefined;
  /** Called with the work itself, as {@link CommentsRequest} says. */
  readonly onWork?: CommentsRequest["onWork"];
}

/** Floor of which the platform counts more replies than reached us. */
export interface OpenFloor {
  readonly id: string;
  /** Replies that the platform says there are. */
  readonly reported: number;
  readonly collected: number;
}

const MOST_COMMENTS = 100_000;

/** Bounds of a run, as it tells them of itself. */
export type CommentBounds = Pick<CommentRun, "limit" | "withinMs" | "replies">;

/** Returns the bounds of a run of which these were asked for. */
export function commentBounds({ limit, withinMs, replies }: Partial<Pick<CollectOptions, keyof CommentBounds>>): CommentBounds {
  return { limit: limit ?? MOST_COMMENTS, withinMs: withinMs ?? null, replies: replies ?? true };
}

/**
 * Collects the comments of a work: each once, though pages overlap and previews come again among the replies. It can be continued with what
 * is known: the platform has only forward cursors, so a run begins at the top and passes over that.
 */
export class CommentCollector {
  readonly #work: AskedWork;
  readonly #options: CollectOptions;
  readonly #bounds: CommentBounds;
  /** Comments that were known before, with their ranks. */
  readonly #before = new Map<string, number>();
  /** Comments that this run was shown. */
  readonly #seen = new Set<string>();
  /** Replies that reached us, by floor. */
  readonly #collected = new Map<string, number>();
  readonly #reported = new Map<string, number>();
  /** Of floors that were known before: replies that it had by the platform then, less those that had reached us. */
  readonly #missing = new Map<string, number>();
  readonly #startedAt: number;
  /** Comments that reached us in this run and before; those that are new. */
  #all = 0;
  /** Rank of the next that is new: after all that are known, of which some may be gone by their age. */
  #next = 0;
  #new = 0;
  #replies = 0;
  #shown: number | null = null;
  #cursor: number | null = null;
  #end: Pick<CommentRun, "endedBy" | "reason"> = { endedBy: null, reason: null };
  #endedAt: number | null = null;
  /** When the page showed the first, ms UTC: until then it may have waited for its turn. */
  #shownAt: number | null = null;

  constructor(work: AskedWork, options: CollectOptions) {
    this.#work = work;
    this.#options = options;
    this.#bounds = commentBounds(options);
    this.#startedAt = options.clock.now();
    const reported = new Map<string, number>();
    for (const { id, parentId, rank, replies } of options.known ?? []) {
      if (this.#before.has(id)) continue;
      this.#before.set(id, rank);
      this.#next = Math.max(this.#next, rank + 1);
      this.#add(parentId);
      if (options.again === true && parentId === null && replies != null) reported.set(id, replies);
    }
    for (const [id, replies] of reported) this.#missing.set(id, replies - (this.#collected.get(id) ?? 0));
  }

  /** Returns the state of the run; its counts include what was known. */
  status(): CommentRun {
    return {
      workId: this.#work.id,
      shown: this.#shown,
      collected: this.#all,
      topLevel: this.#all - this.#replies,
      repliesCollected: this.#replies,
      ...this.#bounds,
      floorsOpen: this.openFloors().length,
      cursor: this.#cursor,
      ...this.#end,
      startedAt: this.#startedAt,
      endedAt: this.#endedAt,
    };
  }

  /** Returns the floors of which the platform counts more replies than reached us. */
  openFloors(): readonly OpenFloor[] {
    return [...this.#reported]
      .map(([id, reported]) => ({ id, reported, collected: this.#collected.get(id) ?? 0 }))
      .filter(({ reported, collected }) => reported > collected);
  }

  /**
   * Yields the comments that are new, as they come, and the known ones where those are wanted again. Ends at the platform's end or whatever else
   * ends it, which {@link status} tells; when the signal aborts it ends as stopped.
   * @throws DyliveError no_work, no_browser, browser_failed, unreachable, too_many_works, stopping
   */
  async *batches(signal: AbortSignal): AsyncGenerator<readonly Comment[], void, void> {
    const { clock } = this.#options;
    const { limit, withinMs } = this.#bounds;
    try {
      for await (const seen of this.#pages(signal)) {
        const batch = this.#take(seen, limit);
        if (batch.length > 0) yield batch;
        if (this.#new >= limit) return this.#over({ endedBy: "limit", reason: `the run was limited to ${limit} comments` });
        this.#shownAt ??= clock.now();
        if (withinMs !== null && clock.now() - this.#shownAt >= withinMs)
          return this.#over({ endedBy: "limit", reason: `the run was limited to ${Math.round(withinMs / 1000)} seconds` });
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#endedAt = clock.now(); // by no end that a run has
      throw error;
    } finally {
      if (this.#endedAt === null) this.#over({ endedBy: "stopped", reason: "it was stopped before its end" });
    }
  }

  async *#pages(signal: AbortSignal): AsyncGenerator<CommentsSeen, void, void> {
    const { reader, onWork } = this.#options;
    const { replies } = this.#bounds;
    const request = {
      work: this.#work,
      onWork,
      knows: (id: string) => this.#before.has(id),
      wantsReplies: (floorId: string | null) => replies && (floorId === null || this.#mayHaveMore(floorId)),
    };
    this.#over(yield* reader.comments(request, signal));
  }

  #take(seen: CommentsSeen, limit: number): readonly Comment[] {
    if (seen.floorId === null) {
      this.#shown = seen.total ?? this.#shown;
      this.#cursor = seen.cursor ?? this.#cursor;
    }
    const batch: Comment[] = [];
    for (const comment of seen.comments) {
      const { id, parentId, replies } = comment;
      if (parentId === null && replies !== null) this.#reported.set(id, replies);
      if (this.#seen.has(id)) continue;
      const known = this.#before.get(id);
      if (known === undefined && this.#new >= limit) continue;
      this.#seen.add(id);
      if (known === undefined) {
        batch.push({ ...comment, rank: this.#next++ });
        this.#new++;
        this.#add(parentId);
      } else if (this.#options.again === true) batch.push({ ...comment, rank: known });
    }
    return batch.map((comment) => ({ ...comment, repliesCollected: this.#collected.get(comment.id) ?? 0 }));
  }

  /** Whether a floor may have replies that have not reached us. To open one too many costs nothing but time. */
  #mayHaveMore(floorId: string): boolean {
    const reported = this.#reported.get(floorId);
    if (reported === undefined) return true;
    const missing = reported - (this.#collected.get(floorId) ?? 0);
    // Of those that reached us some may be gone: there may be others in their place when the figure has changed otherwise than by what came.
    return missing > 0 || missing !== (this.#missing.get(floorId) ?? missing);
  }

  #add(floorId: string | null): void {
    this.#all++;
    if (floorId === null) return;
    this.#replies++;
    this.#collected.set(floorId, (this.#collected.get(floorId) ?? 0) + 1);
  }

  #over({ endedBy, reason }: Pick<CommentRun, "endedBy"> & { readonly reason: string }): void {
    this.#end = { endedBy, reason };
    this.#endedAt = this.#options.clock.now();
  }
}
