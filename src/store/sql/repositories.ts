import type { Store } from "../store.js";
import { sqlAccountDays } from "./account-days.js";
import { sqlAuthorWatches } from "./author-watches.js";
import { sqlComments } from "./comments.js";
import { sqlDeletions } from "./deletions.js";
import { sqlDownloads } from "./downloads.js";
import { sqlGifts } from "./gifts.js";
import { sqlHooks } from "./hooks.js";
import { sqlErasures, sqlSecrets, sqlSettings } from "./meta.js";
import { sqlPositions } from "./positions.js";
import { sqlRooms, sqlSessions } from "./rooms.js";
import { sqlCommentRuns, sqlListRuns } from "./runs.js";
import { sqlStatistics } from "./statistics.js";
import { sqlTokens } from "./tokens.js";
import type { SqlDatabase } from "./work.js";
import { sqlWorks } from "./works.js";

/** Parts of a store that are the same on every engine. */
type Repositories = Pick<
  Store,
  | "rooms"
  | "sessions"
  | "positions"
  | "tokens"
  | "hooks"
  | "statistics"
  | "deletions"
  | "works"
  | "comments"
  | "commentRuns"
  | "listRuns"
  | "downloads"
  | "authorWatches"
  | "gifts"
  | "accountDays"
  | "secrets"
  | "erasures"
  | "settings"
>;

/** Returns the parts of a store that are the same on every engine. */
export function sqlRepositories(database: SqlDatabase): Repositories {
  return {
    rooms: sqlRooms(database),
    sessions: sqlSessions(database),
    positions: sqlPositions(database),
    tokens: sqlTokens(database),
    hooks: sqlHooks(database),
    statistics: sqlStatistics(database),
    deletions: sqlDeletions(database),
    works: sqlWorks(database),
    comments: sqlComments(database),
    commentRuns: sqlCommentRuns(database),
    listRuns: sqlListRuns(database),
    downloads: sqlDownloads(database),
    authorWatches: sqlAuthorWatches(database),
    gifts: sqlGifts(database),
    accountDays: sqlAccountDays(database),
    secrets: sqlSecrets(database),
    erasures: sqlErasures(database),
    settings: sqlSettings(database),
  };
}
