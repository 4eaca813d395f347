import type { FastifyBaseLogger } from "fastify";
import type { Official } from "../collector/open-platform/official.js";
import type { Exports } from "../exports/export.js";
import type { RoomOperations } from "../health/state.js";
import type { Clock } from "../runtime/clock.js";
import type { Store } from "../store/store.js";
import type { WebhookService } from "../webhooks/webhook-service.js";
import type { AuthorWatcher } from "../works/author-watcher.js";
import type { CommentRunService } from "../works/comment-run-service.js";
import type { DownloadService } from "../works/download-service.js";
import type { ListRunService } from "../works/list-run-service.js";
import type { WorkService } from "../works/work-service.js";
import type { AdminService } from "./admin-service.js";
import type { HttpCalls } from "./calls.js";
import type { Metrics } from "./metrics.js";
import type { PollMutex } from "./poll.js";
import type { LiveStreams } from "./streams/live.js";
import type { MaintenanceService, TaskList } from "./task-list.js";

/** Part of a store that the API keeps. */
export type ApiStore = Omit<Store, "close">;

/** Dependencies of every route. */
export interface ApiDeps {
  readonly store: ApiStore;
  readonly rooms: RoomOperations;
  readonly clock: Clock;
  readonly logger: FastifyBaseLogger;
  readonly calls: HttpCalls;
  readonly mutex: PollMutex;
  readonly live: LiveStreams;
  readonly metrics: Metrics;
  readonly hooks: WebhookService;
  readonly exports: Exports;
  readonly official: readonly Official[];
  /** Null where works are not read: a test. */
  readonly works: WorkService | null;
  /** Null where works are not read, too. */
  readonly commentRuns: CommentRunService | null;
  /** Null where works are not read, too. */
  readonly listRuns: ListRunService | null;
  /** Null where works are not read, too. */
  readonly downloads: DownloadService | null;
  readonly authors: AuthorWatcher | null;
  /** Null where the server has no operator: a test, a stand-in. */
  readonly admin: AdminService | null;
  readonly tasks: TaskList;
  /** Null where nothing is recorded: a test. */
  readonly maintenance: MaintenanceService | null;
}
