import { readPaste, worksDoor } from "../platform/links/paste.js";
import { systemClock } from "../runtime/clock.js";
import type { Work } from "../works/model/work.js";
import type { WorkListRun } from "../works/model/work-list.js";
import { WorkLister } from "../works/work-lister.js";
import { loadConfig, readMachine } from "./config.js";
import { reachOf, workReaderOf } from "./platform.js";
import type { ReadWorkOptions } from "./read-work.js";

/** Options of {@link works}. */
export interface WorksOptions extends ReadWorkOptions {
  /** Most works that are listed, 10,000 by default. */
  readonly limit?: number | undefined;
  /** Ids of works from an earlier run. They are given again, since their figures may have changed. */
  readonly known?: Iterable<string> | undefined;
  /** Ends the list of an author after so many known works in a row, not counting pinned ones. */
  readonly stopAfterKnown?: number | undefined;
}

/** Works of an author or a mix as they come; each loop over them is a run of its own, from the top. */
export interface WorkList extends AsyncIterable<Work> {
  /** Returns the state of the last run, with whose works they are and by what it ended; null before the first. */
  status(): WorkListRun | null;
}

/**
 * Lists the works of an author, or of a mix, by a browser of its own that scrolls through their page. A guest is shown about the first 20 of an
 * author: `status().endedBy` tells whether it was all. It ends quietly when the signal aborts. Nothing is kept.
 * @param link a link of an author or a mix, a short link, share text, or an author's sec_uid
 * @throws DyliveError bad_work, bad_config at once; from the loop no_account, no_work, no_browser, browser_failed, unreachable
 * @example
 * const list = works("https://www.douyin.com/user/MS4wLjABAAAA…");
 * for await (const { id, text } of list) console.log(id, text);
 * console.log(list.status()?.endedBy, list.status()?.reason);
 */
export function works(link: string, options: WorksOptions = {}): WorkList {
  const { signal, clock = systemClock, limit, known, stopAfterKnown, ...given } = options;
  readPaste(link, worksDoor(["author", "mix"], clock.now()));
  const config = loadConfig(given, {});
  const ids = new Set(known);
  let last: WorkLister | null = null;
  return {
    status: () => last?.status() ?? null,
    async *[Symbol.asyncIterator]() {
      const until = signal ?? new AbortController().signal;
      if (until.aborted) return;
      const reach = reachOf(config, readMachine(), clock);
      const reader = workReaderOf(config, reach, clock);
      try {
        const lister = new WorkLister(await reader.findList(link, until), {
          ...{ reader, clock, limit, stopAfterKnown },
          knows: (id) => ids.has(id),
        });
        last = lister;
        for await (const batch of lister.batches(until)) yield* batch;
      } catch (error) {
        if (!until.aborted) throw error;
      } finally {
        await reader.close();
        await reach.identities.close();
      }
    },
  };
}
