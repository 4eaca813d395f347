import type { LiveEvent } from "../../events/event.js";
import { type Found, isFound, queryOf, type SearchAsk } from "../search.js";
import { eventOf, type StoredEvent } from "../stored-event.js";
import { consumed } from "./consumers.js";
import { logHead } from "./log.js";
import type { SqlDatabase, SqlWork } from "./work.js";

/** Most events that one call compares: more would hold up other jobs. */
const SEARCH_TRIES = 5_000;
/** Number of them that a look at the index is worth, which may find nothing. */
const LEAST_TRIES = 50;
/** Hits that are asked for at once: few at first, since the first page is often enough, then twice as many each time, up to the most. */
const FIRST_HITS = 20;
const MOST_HITS = 1280;

/** Event that the index gives for a search; without a body where it is not kept, or is being deleted. */
export interface Hit {
  readonly pos: number;
  readonly room: number | null;
  readonly seq: number | null;
  readonly body: string | null;
}

/** Full-text index of an engine, by words of ours (`store/search.ts`). It holds the positions of events. */
export interface SearchIndex {
  /** Adds events, in order of position. */
  add(events: readonly StoredEvent[]): SqlWork<void>;
  /** As `Search.purge`. */
  purge(begin: boolean): SqlWork<boolean>;
  /** Returns the newest events before a position that fulfil a query of {@link queryOf}, newest first. */
  hits(query: string, before: number, count: number): SqlWork<readonly Hit[]>;
}

/**
 * Index of what events are found by, made from the log (`sql/derived.ts`). Replaced and removed events leave it in the transaction that replaces or
 * removes them.
 */
export type Search = ReturnType<typeof sqlSearch>;

/** Returns the search of a database. */
export function sqlSearch({ clock, read, lane }: SqlDatabase, index: SearchIndex) {
  const write = lane();
  return {
    /** Returns how many positions of the log the index has not got yet. */
    behind: (): Promise<number> =>
      read(function* () {
        return (yield* logHead()) - (yield* consumed()).search;
      }),
    /**
     * Finds events.
     * @param before position; `Number.MAX_SAFE_INTEGER` is behind the newest event
     * @throws DyliveError bad_request when nothing is asked for, or the text is too short or too long
     */
    find: (asked: SearchAsk, before: number, limit: number): Promise<Found> => read(() => find(asked, before, limit)),
    /**
     * Rewrites some of the index, so that the words of events that left it are gone from its pages too.
     * @param begin whether to begin: the calls after it go on
     * @returns whether there is more to do
     */
    purge: (begin: boolean): Promise<boolean> => write(() => index.purge(begin)),
  };

  /** Goes through what the index gives, newest first, until the page is full, all is looked at, or enough events were looked at. */
  function* find(asked: SearchAsk, from: number, limit: number): SqlWork<Found> {
    const query = queryOf(asked, clock.now());
    const behind = (yield* logHead()) - (yield* consumed()).search;
    const events: LiveEvent[] = [];
    let before: number | null = from;
    for (let count = FIRST_HITS, tries = SEARCH_TRIES; before !== null && events.length < limit && tries > 0; ) {
      const hits: readonly Hit[] = yield* index.hits(query, before, Math.min(count, tries));
      const isLast = hits.length < Math.min(count, tries);
      tries -= Math.max(hits.length, LEAST_TRIES);
      count = Math.min(2 * count, MOST_HITS);
      const full = hits.findIndex(({ room, seq, body }) => {
        if (room === null || seq === null || body === null) return false;
        const event = eventOf(room, seq, body);
        return isFound(room, event, asked) && events.push(event) === limit;
      });
      before = full >= 0 ? (hits[full]?.pos ?? null) : isLast ? null : (hits.at(-1)?.pos ?? null);
    }
    return { events, before, behind };
  }
}
