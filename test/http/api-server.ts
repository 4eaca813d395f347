import { randomUUID } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { type Logger, pino } from "pino";
import { onTestFinished } from "vitest";
import type { Official } from "../../src/collector/open-platform/official.js";
import { erasedSince, lateInWorks, lateUntil } from "../../src/erasure/late.js";
import { exportPieces } from "../../src/exports/export.js";
import { Sidecars } from "../../src/exports/sidecars.js";
import { Metrics } from "../../src/http/metrics.js";
import type { GetPicture } from "../../src/http/page.js";
import { type Api, startApi } from "../../src/http/server.js";
import type { SpeechEngine } from "../../src/http/speech.js";
import { createToken, type NewToken } from "../../src/http/tokens.js";
import type { Clock } from "../../src/runtime/clock.js";
import type { PendingBytes } from "../../src/runtime/rate-limiter.js";
import { AppendHealth } from "../../src/store/health.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import type { Store } from "../../src/store/store.js";
import { AuthorWatcher } from "../../src/works/author-watcher.js";
import { CommentRunService } from "../../src/works/comment-run-service.js";
import { DownloadService } from "../../src/works/download-service.js";
import { ListRunService } from "../../src/works/list-run-service.js";
import { WorkService } from "../../src/works/work-service.js";
import { FakeClock } from "../clock.js";
import { type Tell, tellerOf } from "../contracts/harness.js";
import { FakeAdminService } from "./fake-admin-service.js";
import { FakeMaintenance } from "./fake-maintenance.js";
import { FakeManager } from "./fake-manager.js";
import { FakeWorkReader } from "./fake-work-reader.js";

/** Time between two looks at an author, in ms. */
const CHECK_MS = 1_800_000;

/** What was answered. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The JSON of the answer; null when it is none. */
  readonly body: unknown;
  /** A part of the JSON: `at("events", 0, "id")`; undefined where there is none. */
  at(...path: readonly (string | number)[]): unknown;
}

/** An API over a store in memory, with a manager that needs no platform. */
export interface ApiServer<C extends Clock = FakeClock> {
  readonly api: Api;
  readonly store: Store;
  readonly manager: FakeManager;
  readonly admin: FakeAdminService;
  readonly maintenance: FakeMaintenance;
  readonly workReader: FakeWorkReader;
  readonly downloads: DownloadService;
  readonly folder: string;
  /** Watch on authors, which looks at nobody before it is started. */
  readonly authors: AuthorWatcher;
  readonly sidecars: Sidecars;
  /** Opens those that are kept, as another process of the server would. */
  readonly openSidecars: () => Promise<Sidecars>;
  readonly recordings: string;
  readonly clock: C;
  readonly metrics: Metrics;
  readonly appends: AppendHealth;
  readonly lines: string[];
  readonly logger: Logger;
  readonly tokens: Readonly<Record<"read" | "manage" | "admin", string>>;
  token(wanted?: Partial<NewToken>): Promise<string>;
  /** Stores events of a room that is known by this name; its key. */
  readonly tell: Tell;
  /** Calls a path; as an admin with a bearer unless told otherwise. */
  call(path: string, init?: Call): Promise<Reply>;
  /** Calls as {@link ApiServer.call}, and gives the answer as soon as it begins. */
  send(path: string, init?: Call): Promise<Response>;
}

/** How a path is called. */
type Call = RequestInit & { token?: string | null; json?: unknown };

export interface ApiServerOptions<C extends Clock = FakeClock> {
  readonly clock?: C;
  /** A free one by default. */
  readonly port?: number;
  readonly requestMs?: number;
  /** Folder of the local socket; none by default. */
  readonly socketFolder?: string;
  readonly webRoot?: string;
  readonly picture?: GetPicture;
  readonly describe?: (app: FastifyInstance) => Promise<void>;
  readonly processMetrics?: boolean;
  readonly official?: readonly Official[];
  /** Stand-in for the hosts of media; by default nothing can be downloaded. */
  readonly media?: string;
  /** Program that speaks; none by default. */
  readonly speech?: SpeechEngine;
  /** Memory of what waits to be stored; none by default. */
  readonly held?: PendingBytes;
  /** Stands in for parts of the store. */
  readonly replace?: (store: Store) => Store;
}

/** Starts the API on loopback; the test's end closes it. */
export async function serveApi<C extends Clock = FakeClock>({
  port = 0,
  processMetrics = false,
  replace = (store) => store,
  media: upstream = "http://127.0.0.1:1",
  ...options
}: ApiServerOptions<C> = {}): Promise<ApiServer<C>> {
  const clock = (options.clock ?? new FakeClock()) as C;
  const metrics = new Metrics(clock, processMetrics);
  if (options.held !== undefined) metrics.watch({ buffer: options.held });
  const appends = new AppendHealth();
  const opened = openSqliteStore({ path: ":memory:", clock });
  opened.log.observe({
    asked: () => appends.asked(clock.now()),
    stored: (events, ms) => {
      appends.took(clock.now());
      metrics.appended(ms);
      metrics.stored(events);
    },
    failed: (error) => appends.failed(error, clock.now()),
  });
  const store = replace(opened);
  const manager = new FakeManager(store);
  const admin = new FakeAdminService();
  const maintenance = new FakeMaintenance();
  const workReader = new FakeWorkReader(clock);
  const works = new WorkService({
    reader: workReader,
    works: store.works,
    clock,
    erased: lateInWorks(store),
    erasedUntil: lateUntil(store),
  });
  const lines: string[] = [];
  const logger = pino({ level: "trace" }, { write: (line: string) => void lines.push(line) });
  const onError = (error: unknown, work: string) => logger.warn({ err: error, work }, "comments could not be collected");
  const commentRuns = new CommentRunService({ reader: workReader, store, works, clock, onError });
  const onListError = (error: unknown, of: string) => logger.warn({ err: error, of }, "works could not be listed");
  const listRuns = new ListRunService({ reader: workReader, store, works, clock, onError: onListError });
  const folder = join(tmpdir(), `dylive-downloads-${randomUUID()}`);
  const downloads = new DownloadService({
    ...{ works, reader: workReader, store, clock, folder, processName: "here", maxFileBytes: 1e9, maxBytes: 1e9 },
    platform: { upstream, proxy: null },
    tell: (line) => logger.warn(line),
    onError: (error, work) => logger.warn({ err: error, work }, "a download failed"),
  });
  metrics.watch({ downloads: () => downloads.figures() });
  const recordings = join(tmpdir(), `dylive-recordings-${randomUUID()}`);
  const root = join(recordings, "films");
  mkdirSync(root, { recursive: true });
  const openSidecars = () =>
    Sidecars.open({
      ...{ store, clock, file: join(recordings, "sidecars.json"), root },
      exported: async function* (plan, signal) {
        for await (const { bytes } of exportPieces(store, plan, signal)) yield bytes;
      },
      onError: (error) => logger.warn({ err: error }, "nothing could be written beside recordings"),
    });
  const sidecars = await openSidecars();
  metrics.watch({ sidecars: () => sidecars.list() });
  const authors = new AuthorWatcher({
    ...{ reader: workReader, works, store, clock, checkMs: CHECK_MS, random: () => 0.5 },
    erasedSince: (since) => erasedSince(opened, since),
    onError: (error) => logger.warn({ err: error }, "an author could not be looked at"),
  });
  metrics.watch({
    authors: () => store.authorWatches.outcomes(),
    giftListAgeMs: async () => {
      const at = await store.gifts.listedAt();
      return at === null ? null : clock.now() - at;
    },
  });
  const token = async (wanted: Partial<NewToken> = {}) =>
    (await createToken(opened.tokens, { name: "test", scope: "read", now: clock.now(), ...wanted })).token;
  const tokens = { read: await token(), manage: await token({ scope: "manage" }), admin: await token({ scope: "admin" }) };
  const ours = {
    ...{ store, clock, logger, metrics, appends, admin, maintenance, works, commentRuns, listRuns, downloads, authors, sidecars },
    rooms: manager,
  };
  const api = await startApi({ host: "127.0.0.1", port, ...options, ...ours });
  onTestFinished(async () => {
    await api.close();
    await commentRuns.close();
    await listRuns.close();
    await downloads.close();
    await sidecars.close();
    for (const one of [folder, recordings]) rmSync(one, { recursive: true, force: true });
    await opened.close();
  });

  async function send(path: string, init: Call = {}): Promise<Response> {
    const { token: asked, json, ...rest } = init;
    const bearer = asked === undefined ? tokens.admin : asked;
    const headers = new Headers(rest.headers);
    if (bearer !== null) headers.set("authorization", `Bearer ${bearer}`);
    if (json !== undefined) headers.set("content-type", "application/json");
    const sent = json === undefined ? rest.body : JSON.stringify(json);
    return fetch(api.url + path, { ...rest, headers, ...(sent != null && { body: sent }) });
  }
  return {
    ...{ api, store, manager, admin, maintenance, workReader, downloads, folder, authors, sidecars, openSidecars, recordings: root },
    ...{ clock, metrics, appends, lines, logger, tokens, token, tell: tellerOf(store) },
    call: async (path, init) => replyOf(await send(path, init)),
    send,
  };
}

/** Reads an answer to its end. */
export async function replyOf(response: Response): Promise<Reply> {
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
  const body: unknown = isJson && text !== "" ? JSON.parse(text) : null;
  const at = (...path: readonly (string | number)[]) =>
    path.reduce<unknown>(
      (part, key) => (typeof part === "object" && part !== null ? (part as Record<string, unknown>)[key] : undefined),
      body,
    );
  return { status: response.status, headers: response.headers, text, body, at };
}
