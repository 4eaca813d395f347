import { hostname } from "node:os";
import { erasedSince, lateInComments, lateInWorks, lateUntil } from "../erasure/late.js";
import { Feed } from "../feed/feed.js";
import type { MaintenanceService } from "../http/task-list.js";
import { tellSystem } from "../store/log.js";
import { openHooks } from "../webhooks/runner.js";
import { AuthorWatcher } from "../works/author-watcher.js";
import { CommentRunService } from "../works/comment-run-service.js";
import { DownloadService } from "../works/download-service.js";
import { ListRunService } from "../works/list-run-service.js";
import { WorkService } from "../works/work-service.js";
import { downloadsOf, type Machine } from "./config.js";
import type { AppContext } from "./context.js";
import { maintenanceService } from "./maintenance.js";
import { reachOf, workReaderOf } from "./platform.js";

/** What the API offers over a store, in a server and in a command that has the data folder for itself. Nothing in it begins by itself. */
export interface Services {
  readonly reach: ReturnType<typeof reachOf>;
  readonly works: WorkService;
  readonly commentRuns: CommentRunService;
  readonly listRuns: ListRunService;
  readonly downloads: DownloadService;
  readonly authors: AuthorWatcher;
  readonly feed: Feed;
  readonly hooks: ReturnType<typeof openHooks>;
  readonly maintenance: MaintenanceService;
}

/**
 * Builds the services by the settings.
 * @param closers takes what closes each service; to be called in reverse order
 * @throws DyliveError bad_config
 */
export function openServices(context: AppContext, machine: Machine, closers: (() => Promise<unknown>)[]): Services {
  const { config, store, clock, logger } = context;
  const reach = reachOf(config, machine, clock);
  closers.push(() => reach.identities.close());
  const reader = workReaderOf(config, reach, clock);
  closers.push(() => reader.close());
  const works = new WorkService({ reader, works: store.works, clock, erased: lateInWorks(store), erasedUntil: lateUntil(store) });
  const commentRuns = new CommentRunService({
    ...{ reader, store, works, clock, erased: lateInComments(store) },
    onError: (error, work) => logger.warn({ err: error, work }, "the comments of a work could not be collected to their end"),
  });
  closers.push(() => commentRuns.close());
  const listRuns = new ListRunService({
    ...{ reader, store, works, clock },
    onError: (error, of) => logger.warn({ err: error, of }, "the works of an author or a mix could not be listed"),
  });
  closers.push(() => listRuns.close());
  const downloads = new DownloadService({
    ...downloadsOf(config),
    ...{ works, reader, store, clock, platform: reach.platform },
    processName: config.name ?? hostname(),
    tell: (line) => logger.warn(line),
    onError: (error, work) => logger.warn({ err: error, ...(work !== null && { work }) }, "a download failed"),
  });
  closers.push(() => downloads.close());
  const authors = new AuthorWatcher({
    ...{ reader, works, store, clock, checkMs: config.authorCheckMs },
    erasedSince: (since) => erasedSince(store, since),
    onError: (error, author) => logger.warn({ err: error, author }, "the works of an author who is watched could not be looked at"),
  });
  const feed = new Feed({
    log: store.log,
    clock,
    onError: (error) => logger.error({ err: error }, "reading the log failed; it is tried again"),
  });
  const hooks = openHooks({
    ...{ store, feed, clock, allow: config.hookAllowPrivate, smtp: config.smtp, pauseAfterMs: config.hookPauseAfterMs },
    tell: (news) => tellSystem(store, news, clock.now()),
    onError: (error) => logger.error({ err: error }, "delivering webhooks failed; it is tried again"),
  });
  closers.push(() => hooks.close());
  const maintenance = maintenanceService(context, downloads);
  return { reach, works, commentRuns, listRuns, downloads, authors, feed, hooks, maintenance };
}
