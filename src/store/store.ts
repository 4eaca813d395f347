import type { CommentRun } from "../works/model/comment.js";
import type { WorkListRun } from "../works/model/work-list.js";
import type { Cluster } from "./cluster.js";
import type { Log, StoreLog } from "./log.js";
import type { Rooms, Sessions } from "./rooms.js";
import type { AccountDays } from "./sql/account-days.js";
import type { AuthorWatches } from "./sql/author-watches.js";
import type { Comments } from "./sql/comments.js";
import type { Deletions } from "./sql/deletions.js";
import type { Derived } from "./sql/derived.js";
import type { Downloads } from "./sql/downloads.js";
import type { Gifts } from "./sql/gifts.js";
import type { Hooks } from "./sql/hooks.js";
import type { sqlErasures, sqlSecrets, sqlSettings } from "./sql/meta.js";
import type { Positions } from "./sql/positions.js";
import type { Retention } from "./sql/retention.js";
import type { Runs } from "./sql/runs.js";
import type { Search } from "./sql/search.js";
import type { Statistics } from "./sql/statistics.js";
import type { Tokens } from "./sql/tokens.js";
import type { Works } from "./sql/works.js";

/** Connection of this process to the server that a store is in. */
export interface StoreServer {
  /** Outage of the server: since when it is missed, ms UTC, and why; null while it is there, as far as the answers to this process tell. */
  readonly away: { readonly since: number; readonly reason: string } | null;
  /** Numbers of this process's connections, and of calls that wait for one. */
  readonly connections: { readonly used: number; readonly idle: number; readonly waiting: number };
}

/** Part of a store that collecting rooms needs; a store in memory has no more, and no days of accounts. */
export interface RoomStore extends Pick<Store, "rooms" | "sessions" | "close">, Partial<Pick<Store, "accountDays">> {
  readonly log: Log;
  readonly retention: Pick<Retention, "horizon">;
  readonly gifts: Pick<Gifts, "known" | "learn" | "listedAt">;
}

/** Everything that is kept, on one engine. */
export interface Store {
  readonly log: StoreLog;
  readonly rooms: Rooms;
  readonly sessions: Sessions;
  readonly positions: Positions;
  readonly tokens: Tokens;
  readonly statistics: Statistics;
  readonly search: Search;
  readonly derived: Derived;
  /** Keys that the store makes for itself and keeps. */
  readonly secrets: ReturnType<typeof sqlSecrets>;
  readonly retention: Retention;
  readonly deletions: Deletions;
  readonly residue: Residue;
  /** Erasures, for what was received before one and is stored after it: what a file holds. */
  readonly erasures: ReturnType<typeof sqlErasures>;
  /** Settings of the server that were changed while it ran. */
  readonly settings: ReturnType<typeof sqlSettings>;
  readonly hooks: Hooks;
  readonly works: Works;
  readonly comments: Comments;
  readonly commentRuns: Runs<CommentRun>;
  /** Runs through the works of authors and mixes. */
  readonly listRuns: Runs<WorkListRun>;
  readonly downloads: Downloads;
  readonly authorWatches: AuthorWatches;
  readonly gifts: Gifts;
  readonly accountDays: AccountDays;
  /** Cluster of the processes that have the same store open; absent on an engine for a single process. */
  readonly cluster?: Cluster;
  /** State of the store's server; absent for a store in this process. */
  readonly server?: () => StoreServer;
  /** Flushes what is under way and closes; afterwards every call rejects. */
  close(): Promise<void>;
}

/** Progress of the overwriting, in pages of the file. */
export interface Wiped {
  /** Pages that were looked through. */
  readonly pages: number;
  /** Pages that there are. */
  readonly of: number;
}

/** Erasure that was begun and has not come to its end. */
interface OpenErasure {
  readonly note: string;
  /** Whether everything of the person is out of what is kept, so that only what it left in the file is still to be overwritten. */
  readonly settled: boolean;
}

/**
 * Remains of text that is no longer kept, in the store's files. An erasure is noted in the store from before its first change until nothing
 * of the person is left: a process that dies in between leaves the note, by which the next one knows.
 */
export interface Residue {
  /** Notes that a person is about to be erased. @returns the note's name; a later note takes the place of an earlier one */
  begin(): Promise<string>;
  /** Notes that what is kept names the person no more. */
  settle(note: string): Promise<void>;
  /**
   * Overwrites what is left in the next part of the file; this takes some 10 ms, for which the write lock is held.
   * @param after `pages` of the last call; 0 begins
   * @returns null when there is nothing more to overwrite
   * @throws DyliveError in_use when another program reads an old state of the file for so long that it cannot be overwritten
   */
  wipe(after: number): Promise<Wiped | null>;
  /** Takes the note away, unless another one took its place. */
  end(note: string): Promise<void>;
  /** Returns the erasure that is noted; null when there is none. */
  open(): Promise<OpenErasure | null>;
}

/**
 * Residue of a store whose files are not ours to overwrite: a store in memory has none, and those of PostgreSQL are its server's (old
 * versions of rows until their place is used again, its write-ahead log, archives, replicas).
 */
export const NOTHING_LEFT: Residue = {
  begin: async () => "",
  settle: async () => {},
  wipe: async () => null,
  end: async () => {},
  open: async () => null,
};
