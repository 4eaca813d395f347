import { resolve } from "node:path";
import { deletionLeaves, eraseEverywhere, remainingTraces } from "../erasure/everywhere.js";
import type { Metrics } from "../http/metrics.js";
import type { MaintenanceService } from "../http/task-list.js";
import { recordingsOf } from "../ingest/redecode.js";
import type { OnNews } from "../jobs/long-work.js";
import { DiskWatch } from "../retention/disk-watch.js";
import { beyondLimits } from "../retention/step.js";
import { DyliveError } from "../runtime/errors.js";
import { rawFiles, rawFolder } from "../sources/raw/files.js";
import { tellSystem } from "../store/log.js";
import type { DownloadService } from "../works/download-service.js";
import type { Collecting } from "./collecting.js";
import { keepOf } from "./config.js";
import type { AppContext } from "./context.js";

const MB = 1_000_000;
/** Pause before a loop is started again, in ms. */
const AGAIN_MS = 2_000;

/** Starts the maintenance of the store: in a cluster each of its jobs in one process. @returns what ends that of this process's own disk */
export async function startMaintenance(collecting: Collecting, context: AppContext, metrics: Metrics): Promise<() => Promise<void>> {
  metrics.watch({ behind: () => context.store.statistics.behind() });
  await collecting.hold("derived", async () => keepDerived(context));
  const alone = context.store.cluster === undefined;
  await collecting.hold("retention", async () => keepWithinLimits(context, alone ? "all" : "store"));
  return alone || context.config.role === "serve" ? async () => {} : keepWithinLimits(context, "raw");
}

/** Starts what keeps statistics and search index up to date. @returns what ends it */
export function keepDerived(context: AppContext): () => Promise<void> {
  const run = (onNews: OnNews, signal: AbortSignal) => context.jobs.loop.derived(onNews, signal);
  return keepGoing(context, run, "statistics and search index are not up to date; they are tried again");
}

/** Starts what removes that which is beyond its limits. @returns what ends it */
function keepWithinLimits(context: AppContext, what: "all" | "store" | "raw"): () => Promise<void> {
  const { config, jobs } = context;
  const ask = { what, started: keepOf(config), folder: rawFolder(resolve(config.data)) };
  const run = (onNews: OnNews, signal: AbortSignal) => jobs.loop.retention(ask, onNews, signal);
  return keepGoing(context, run, "what is beyond its limits could not be removed; it is tried again");
}

/**
 * Has a loop done by the worker thread, and started again when the thread has ended.
 * @param complaint logged with what failed
 * @returns what tells it to end. The step that is under way is not waited for: it may wait for a disk that fails, and the server has to stop
 */
function keepGoing(
  { clock, logger }: AppContext,
  loop: (onNews: OnNews, signal: AbortSignal) => Promise<void>,
  complaint: string,
): () => Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  const onNews: OnNews = (news) => {
    if (signal.aborted) return;
    if ("failed" in news) logger.error({ err: new DyliveError(news.failed.code, news.failed.said) }, complaint);
    else if ("doubt" in news) logger.warn(news.doubt);
    else logger.info(news.removed, "raw recordings beyond their limits were removed");
  };
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      await loop(onNews, signal).catch((error: unknown) => {
        if (!signal.aborted) logger.error({ err: error }, complaint);
      });
      await clock.sleep(AGAIN_MS, signal).catch(() => {});
    }
  };
  void run();
  return async () => stop.abort();
}

/** Starts the watch of how much room the disk of this process's data folder has. */
export function watchDisk({ config, store, clock, logger }: AppContext): DiskWatch {
  const watch = new DiskWatch({
    folder: resolve(config.data),
    lowBytes: config.diskLowMb * MB,
    clock,
    tell: (news) => {
      logger.warn(news.text);
      return tellSystem(store, news, clock.now());
    },
    onWell: (freeBytes) => logger.info({ freeBytes }, "the disk of the data folder has enough free space again"),
    onError: (error) => logger.error({ err: error }, "the disk of the data folder could not be checked, or its system event not be stored"),
  });
  watch.start();
  return watch;
}

function sumOf(files: readonly { readonly bytes: number }[]): { readonly files: number; readonly bytes: number } {
  return { files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** Returns the maintenance service: long work on what is kept, done by the worker thread. */
export function maintenanceService(
  { config, jobs, raw, clock }: AppContext,
  downloads: Pick<DownloadService, "sweep" | "filesElsewhere">,
): MaintenanceService {
  const data = resolve(config.data);
  const folder = rawFolder(data);
  // Other processes keep recordings in folders of their own.
  const elsewhere = config.databaseUrl !== null;
  return {
    find: async (user, turn, signal) => ({ found: await jobs.task.find(user, turn, signal) }),
    erase: async (user, keep, turn, signal) => {
      const done = await eraseEverywhere(user, {
        log: () => jobs.task.erase({ user, keep }, turn, signal),
        recordings: async (identity) => {
          // What was recorded up to now can be reached then.
          await raw.rotate();
          return jobs.task.eraseRaw(folder, identity, turn, signal);
        },
        files: () => downloads.sweep(),
        filesElsewhere: () => downloads.filesElsewhere(),
      });
      const { erased, dropped, changed, kept, pseudonym, rooms, works } = done;
      const { files, messages, frames } = done.recordings;
      return {
        ...{ erased, dropped, changed, kept },
        pseudonym: keep && pseudonym !== "" ? pseudonym : null,
        rooms: rooms.map(String),
        works,
        recordings: { files, messages, frames },
        notReached: remainingTraces(data, done, elsewhere).map(String),
      };
    },
    delete: async (deletion, turn, signal) => {
      // What was recorded up to now can be removed then.
      await raw.rotate();
      const done = await jobs.task.delete(folder, deletion, turn, signal);
      return { ...done, notReached: deletionLeaves(data, elsewhere).map(String) };
    },
    assertRecorded: async (room, sessionId) => void (await recordingsOf(folder, room, sessionId)),
    redecode: async (room, sessionId, turn, signal) => {
      await raw.rotate();
      return jobs.task.redecode(folder, room, sessionId, turn, signal);
    },
    import: (file, turn, signal) => jobs.task.import(file, turn, signal),
    recordings: async (room, limits) => {
      const files = await rawFiles(folder, room);
      return { now: sumOf(files), beyond: sumOf(beyondLimits(files, limits, clock.now())), since: files[0]?.startedAt ?? null };
    },
  };
}
