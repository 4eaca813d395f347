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
