import type { FastifyBaseLogger } from "fastify";
import type { Official } from "../collector/open-platform/official.js";
import type { Exports } from "../exports/export.js";
import type { Sidecars } from "../exports/sidecars.js";
import type { RoomOperations } from "../health/state.js";
import type { Clock } from "../runtime/clock.js";
import type { LimitsOf } from "../store/sql/retention.js";
import type { Store } from "../store/store.js";
import type { WebhookService } from "../webhooks/webhook-service.js";
import type { AuthorWatcher } from "../works/author-watcher.js";
import type { CommentRunService } from "../works/comment-run-service.js";
import type { DownloadService } from "../works/download-service.js";
import type { ListRunService } from "../works/list-run-service.js";
import type { WorkService } from "../works/work-service.js";
import type { HttpCalls } from "./calls.js";
import type { Metrics } from "./metrics.js";
import type { PollMutex } from "./poll.js";
import type { Speech } from "./speech.js";
import type { LiveStreams } from "./streams/live.js";
import type { MaintenanceService, TaskList } from "./task-list.js";
import type { AboutServer, DoctorFinding, ServerSetting, ShownAccount } from "./v1/admin-schemas.js";

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
  /** Null where nothing is written beside recordings: a test. */
  readonly sidecars: Sidecars | null;
  /** Null where the server has no operator: a test, a stand-in. */
  readonly admin: AdminService | null;
  readonly speech: Speech;
  readonly tasks: TaskList;
  /** Null where nothing is recorded: a test. */
  readonly maintenance: MaintenanceService | null;
}

/** The operator's own accounts. */
export interface Accounts {
  list(): Promise<readonly ShownAccount[]>;
  /** Takes pasted cookies in any of their forms, in place of those before. @throws DyliveError bad_file, bad_request; it never repeats them */
  save(name: string, cookies: string): Promise<ShownAccount>;
  /** @returns false when there was none */
  remove(name: string): Promise<boolean>;
  /** Asks the platform whether it is still logged in. @throws DyliveError not_found, unreachable */
  check(name: string, signal: AbortSignal): Promise<ShownAccount>;
}

/** Admin service: the work that only the server's operator does. Handed to the API, which knows neither settings nor sources. */
export interface AdminService {
  readonly accounts: Accounts;
  about(): Promise<AboutServer>;
  settings(): Promise<readonly ServerSetting[]>;
  /** Returns the limits of rooms that have none of their own. */
  limits(): Promise<LimitsOf>;
  /**
   * Changes settings while the server runs, by their variables; null gives one back.
   * @param by name of the token
   * @throws FieldError of one that cannot be changed, or that the server was started with
   */
  change(changes: Readonly<Record<string, number | string | null>>, by: string): Promise<readonly ServerSetting[]>;
  /** Looks at every layer between here and the platform; takes up to some minutes. @param room a live room to look at every step */
  examine(room: string | null, signal: AbortSignal): Promise<readonly DoctorFinding[]>;
}
