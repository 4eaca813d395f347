import type { FastifyBaseLogger } from "fastify";
import type { Official } from "../collector/open-platform/official.js";
import type { Exports } from "../exports/export.js";
import type { Sidecars } from "../exports/sidecars.js";
import type { RoomOperations } from "../health/state.js";
import type { Clock } from "../runtime/clock.js";
import type { AccountHealth } from "../store/sql/account-days.js";
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

/** An account that rooms can be watched as. Its cookies are never in it. */
interface ShownAccount {
  readonly name: string;
  /** Login that the platform saw when it was asked last; `unknown`: it was not asked, or did not say. */
  readonly login: "logged_in" | "guest" | "unknown";
  /** Name that the platform has for it. */
  readonly nickname: string | null;
  /** Time when its cookies were saved, ms UTC; null when its file is damaged. */
  readonly savedAt: number | null;
  /** Time when the platform will end the login, ms UTC; null where the cookies do not say. */
  readonly expiresAt: number | null;
  /** Time when the platform was asked last, ms UTC. */
  readonly checkedAt: number | null;
  /** The login has ended: rooms are watched as a guest until there are new cookies. */
  readonly lapsed: boolean;
  /** Its health since then, in the last 14 days; null: nothing was seen. */
  readonly health: AccountHealth | null;
  /** Reason why nothing is known of it. */
  readonly problem: string | null;
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

/** Setting of the server. */
export interface ServerSetting {
  /** Its environment variable. */
  readonly name: string;
  /** Value that counts now; secrets are not shown. */
  readonly value: string | number | null;
  readonly about: string;
  /** Origin of the value: what the server was started with, a change while it ran, or neither. */
  readonly from: "start" | "change" | "default";
  /** Whether it may be changed while the server runs; what it was started with stays until it is started without it. */
  readonly mayChange: boolean;
  /** Last change that counts; null where there is none. */
  readonly changed: { readonly by: string; readonly at: number } | null;
}

/** Description of this server. Nothing in it is secret. */
export interface AboutServer {
  readonly version: string;
  readonly node: string;
  /** ms UTC */
  readonly startedAt: number;
  /** Bytes of the database, a file's with its write-ahead log; null if unknown. */
  readonly storeBytes: number | null;
  /** The account that rooms are watched as unless they say otherwise. */
  readonly account: string;
  /** Every setting, by its environment variable; secrets are not shown. */
  readonly settings: readonly { readonly name: string; readonly value: string | number | null; readonly about: string }[];
  /** Streams for clients of other programs that are on. */
  readonly compat: readonly { readonly name: string; readonly like: string; readonly url: string }[];
}

/** Finding of the doctor about one layer. */
interface DoctorFinding {
  readonly layer: string;
  readonly state: "ok" | "warn" | "fail" | "skipped";
  readonly detail: string;
  /** Advice on what to do about it. */
  readonly todo: string | null;
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
