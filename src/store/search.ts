import type { EventType, LiveEvent } from "../events/event.js";
import type { RoomKey } from "./log.js";
import type { Progress } from "./statistics.js";

/** Most rooms that one search goes through. */
export const SEARCH_ROOMS_MAX = 200;
/** Most events that one call compares: more would hold up other jobs. */
export const SEARCH_TRIES = 5_000;

/** Place of a search in a room: events with a smaller seq are still to be looked at. */
export interface SearchPlace {
  readonly room: RoomKey;
  readonly before: number;
}

/** Conditions of a search; all that are given must hold, and one of text, types, userId and minDiamonds must be given. */
export interface SearchAsk {
  /** Rooms, each with the place to begin at: `Number.MAX_SAFE_INTEGER` is the newest event. */
  readonly places: readonly SearchPlace[];
  /** Part of the text of a chat or a notice: 2 to 100 characters. Capitals and the width of letters do not matter. */
  readonly text?: string;
  readonly types?: readonly EventType[];
  /** `user.id` of the event. */
  readonly userId?: string;
  /** Only events of this broadcast. */
  readonly sessionId?: string;
  /** Earliest platform time, ms UTC, included. */
  readonly from?: number;
  /** Latest platform time, ms UTC, not included. */
  readonly to?: number;
  /** Only events whose `diamonds` are known and at least this many. */
  readonly minDiamonds?: number;
}

/** Page of what was found. */
export interface Found {
  /** Newest first: in each room by seq, and rooms merged by time. May be fewer than asked for before the end. */
  readonly events: readonly LiveEvent[];
  /** Places to go on from; null when all has been looked at. */
  readonly places: readonly SearchPlace[] | null;
  /** Number of events of these rooms that the index has not got yet. */
  readonly behind: number;
  /** Time that the search took, ms: of the thread that compares, with PostgreSQL of the database too. */
  readonly ms: number;
}

/** Result of comparing some of the index with the log. */
export interface Verified {
  /** Seqs up to this one were compared. */
  readonly scanned: number;
  /** Seqs whose event is not in the index as it should be, or that are in the index and not kept. */
  readonly wrong: readonly number[];
}

/**
 * Index of what events are found by, made from the log by steps whose rows and cursor commit together. Replaced and removed events leave it
 * in the transaction that replaces or removes them.
 */
export interface Search {
  /** Returns the rooms with events that the index has not got yet. */
  progress(): Promise<readonly Progress[]>;
  /** Puts the next events of a room into the index. @returns whether there may be more */
  advance(room: RoomKey): Promise<boolean>;
  /** Forgets the whole index; it is made again from the log. */
  reset(): Promise<void>;
  /** Finds events. @throws DyliveError bad_request when nothing is asked for, or the text is too short or too long */
  find(ask: SearchAsk, limit: number): Promise<Found>;
  /**
   * Rewrites some of the index, so that the words of events that left it are gone from its pages too.
   * @param begin whether to begin: the calls after it go on
   * @returns whether there is more to do
   */
  purge(begin: boolean): Promise<boolean>;
  /** Compares the index with the log after a seq; null when there is no more to compare. */
  verify(room: RoomKey, after: number): Promise<Verified | null>;
}
