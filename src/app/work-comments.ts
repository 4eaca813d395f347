import { systemClock } from "../runtime/clock.js";
import { CommentCollector, type KnownComment, type OpenFloor } from "../works/comments.js";
import type { Comment, CommentRun } from "../works/model/comment.js";
import { loadConfig, readMachine } from "./config.js";
import { reachOf, workReaderOf } from "./platform.js";
import type { ReadWorkOptions } from "./read-work.js";

/** Options of {@link comments}. */
export interface CommentsOptions extends ReadWorkOptions {
  /** Most comments that are collected, 100,000 by default. */
  readonly limit?: number | undefined;
  /** Whether replies are collected beside the few that are shown with their comment; true by default. */
  readonly replies?: boolean | undefined;
  /** Comments of an earlier run, which are passed over. */
  readonly known?: Iterable<KnownComment> | undefined;
}

/** A work's comments as they come; each loop over them is a run of its own, from the top. */
export interface WorkComments extends AsyncIterable<Comment> {
  /** Returns the state of the last run, which tells by what it ended; null before the first. */
  status(): CommentRun | null;
  /** Returns the floors of the last run of which more replies are told than came. */
  openFloors(): readonly OpenFloor[];
}

/**
 * Collects the comments of a work by a browser of its own, which scrolls through them as a reader does: a few thousand take half an hour. How
 * many a guest is shown is the platform's to decide; `status().endedBy` tells whether it was all. It ends quietly when the signal aborts.
 * Nothing is kept.
 * @param link a link, a short link, share text, or a work's id
 * @throws DyliveError bad_config at once; from the loop bad_work, no_work, no_browser, browser_failed, unreachable
 * @example
 * const all = comments("https://v.douyin.com/AbCdEf1/", { limit: 500 });
 * for await (const { user, text } of all) console.log(user.nickname, text);
 * console.log(all.status()?.endedBy, all.status()?.reason);
 */
export function comments(link: string, options: CommentsOptions = {}): WorkComments {
  const { signal, clock = systemClock, limit, replies, known, ...given } = options;
  const config = loadConfig(given, {});
  let last: CommentCollector | null = null;
  return {
    status: () => last?.status() ?? null,
    openFloors: () => last?.openFloors() ?? [],
    async *[Symbol.asyncIterator]() {
      const until = signal ?? new AbortController().signal;
      if (until.aborted) return;
      const reach = reachOf(config, readMachine(), clock);
      const reader = workReaderOf(config, reach, clock);
      try {
        const work = await reader.find(link, until);
        last = new CommentCollector(work, { reader, clock, limit, replies, known });
        for await (const batch of last.batches(until)) yield* batch;
      } catch (error) {
        if (!until.aborted) throw error;
      } finally {
        await reader.close();
        await reach.identities.close();
      }
    },
  };
}
