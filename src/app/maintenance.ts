import { resolve } from "node:path";
import type { Logger } from "pino";
import type { JobExecutor } from "../jobs/jobs.js";
import { DiskWatch } from "../retention/disk-watch.js";
import { RetentionKeeper, type RetentionKeeperDeps } from "../retention/keeper.js";
import type { Clock } from "../runtime/clock.js";
import { rawFiles, rawFolder, rawRooms, removeRaw } from "../sources/raw/files.js";
import { StatisticsReader } from "../statistics/reader.js";
import type { Store } from "../store/store.js";
import { tellSystem } from "../store/system-room.js";
import type { Config } from "./config.js";
import { limitsOf } from "./limits.js";

const MB = 1_000_000;

/** Dependencies of the store's maintenance. */
export interface UpkeepDeps {
  readonly config: Config;
  readonly store: Store;
  /** Does the work, beside the main thread. */
  readonly jobs: JobExecutor;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Starts what keeps the statistics up to date, in the worker thread. */
export function readStatistics({ jobs, store, clock, logger }: UpkeepDeps): StatisticsReader {
  const reader = new StatisticsReader({
    statistics: store.statistics,
    clock,
    advance: (room, signal) => jobs.run("statistics.advance", [room], signal),
    onError: (error) => logger.error({ err: error }, "the statistics are not up to date; they are tried again"),
  });
  reader.start();
  return reader;
}

/** Starts what keeps the search index up to date, in the worker thread: by steps like the statistics. */
export function keepIndexed({ jobs, store, clock, logger }: UpkeepDeps): StatisticsReader {
  const reader = new StatisticsReader({
    statistics: store.search,
    clock,
    advance: (room, signal) => jobs.run("search.advance", [room], signal),
    onError: (error) => logger.error({ err: error }, "the search index is not up to date; it is tried again"),
  });
  reader.start();
  return reader;
}

/**
 * Starts what removes that which is beyond its limits, in the worker thread.
 * @param what the store is everybody's, raw recordings are in the data folder of the process that made them
 */
export function keepWithinLimits({ config, store, jobs, clock, logger }: UpkeepDeps, what: "all" | "store" | "raw"): RetentionKeeper {
  const folder = rawFolder(resolve(config.data));
  const ofStore: OfStore = {
    store,
    maxStoreBytes: config.keepStoreMb === null ? null : config.keepStoreMb * MB,
    step: (room, limits, now, signal) => jobs.run("retention.step", [room, limits, now], signal),
    shed: (room, now, signal) => jobs.run("retention.shed", [room, now], signal),
  };
  const keeper = new RetentionKeeper({
    ...(what === "raw" ? untouched(store) : ofStore),
    raw:
      what === "store"
        ? { rooms: async () => [], files: async () => [], remove: removeRaw }
        : { rooms: () => rawRooms(folder), files: (room) => rawFiles(folder, room), remove: removeRaw },
    clock,
    limits: limitsOf(config),
    onRawRemoved: (room, files, bytes) => logger.info({ room, files, bytes }, "raw recordings beyond their limits were removed"),
    onDoubt: (sentence) => logger.warn(sentence),
    onError: (error) => logger.error({ err: error }, "what is beyond its limits could not be removed; it is tried again"),
  });
  keeper.start();
  return keeper;
}

/**
 * Ends an erasure that was broken off, so far as that can be done without knowing whose it was: what the person left in the store's file is
 * overwritten. Resolves when that is done.
 * @param overwrite does that, for the erasure of a note
 */
export async function finishErasure(
  { store: { residue }, logger }: Pick<UpkeepDeps, "store" | "logger">,
  overwrite: (note: string) => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  try {
    const erasure = await residue.open();
    if (erasure === null) return;
    if (!erasure.settled) {
      // Only who asked for it knows whom; the note says it once.
      logger.warn("the erasure of a person was broken off before it had gone through everything that is kept: begin it again");
      return await residue.end(erasure.note);
    }
    logger.warn("an erasure was broken off while it overwrote what was left in the store's file: that is done now");
    await overwrite(erasure.note);
    logger.info("what erased people left in the store's file is overwritten");
  } catch (error) {
    if (!signal.aborted)
      logger.error({ err: error }, "what erased people left in the store's file is not overwritten; the next start tries again");
  }
}

/** Starts the watch of how much room the disk of this process's data folder has. */
export function watchDisk({ config, store, clock, logger }: UpkeepDeps): DiskWatch {
  const watch = new DiskWatch({
    folder: resolve(config.data),
    lowBytes: config.diskLowMb * MB,
    clock,
    tell: (news) => {
      logger.warn(news.text);
      return tellSystem(store, news, clock.now());
    },
    onWell: (freeBytes) => logger.info({ freeBytes }, "the disk of the data folder has room again"),
    onError: (error) =>
      logger.error({ err: error }, "the disk of the data folder could not be looked at, or what is to be told of it not be stored"),
  });
  watch.start();
  return watch;
}

type OfStore = Pick<RetentionKeeperDeps, "store" | "maxStoreBytes" | "step" | "shed">;

/** Returns a store of which only the limits are read: another process removes what is beyond them. */
function untouched({ log, rooms, retention }: Store): OfStore {
  return {
    store: {
      ...{ log, rooms },
      retention: {
        limits: (room) => retention.limits(room),
        storeSize: async () => null,
        giveBack: async () => false,
        days: async () => null,
        dropDays: async () => 0,
      },
    },
    maxStoreBytes: null,
    step: async () => false,
    shed: async () => false,
  };
}
