import { appendFileSync, chmodSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Logger } from "pino";
import type { RoomManager } from "../cluster/room-manager.js";
import { GiftListReader } from "../collector/gift-list-reader.js";
import { Official } from "../collector/open-platform/official.js";
import { type Compat, type CompatOptions, startCompat } from "../compat/compat.js";
import { COMPAT_LIMITS } from "../compat/deps.js";
import type { NewEvent } from "../events/event.js";
import { partsOf } from "../exports/export.js";
import { Sidecars } from "../exports/sidecars.js";
import { compatAuthenticator } from "../http/authentication.js";
import { Metrics } from "../http/metrics.js";
import { startApi } from "../http/server.js";
import { findSpeech, NO_SPEAKERS } from "../http/speech.js";
import { WorkerChannel } from "../jobs/channel.js";
import type { Clock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { packagePath } from "../runtime/packages.js";
import type { PendingBytes } from "../runtime/rate-limiter.js";
import { rawFolder } from "../sources/raw/files.js";
import { RawRecorder } from "../sources/raw/recorder.js";
import { AppendHealth } from "../store/health.js";
import { lockDataDir } from "../store/lock.js";
import { tellSystem } from "../store/log.js";
import { openStore, storeAt } from "../store/open.js";
import type { Store } from "../store/store.js";
import { adminService } from "./admin.js";
import { startCollecting } from "./collecting.js";
import type { Config, Machine } from "./config.js";
import type { AppContext } from "./context.js";
import { startMaintenance, watchDisk } from "./maintenance.js";
import { pictureOf } from "./platform.js";
import { RunningSettings } from "./running-settings.js";
import { openServices } from "./services.js";

/** A running server. */
export interface App {
  /** Base URL, with the port that was taken. */
  readonly url: string;
  readonly store: Store;
  readonly rooms: RoomManager;
  /** The streams for clients of other programs, where they are on. */
  readonly compat: Compat["urls"];
  /** Stops in order: no new requests, collections flushed, store closed, lock released. */
  close(): Promise<void>;
}

/** The built dashboard. */
const WEB_ROOT = packagePath("dist/web/");

/** Interval at which a server writes into its data folder how it is, in ms: the doctor takes one that was silent for a minute for stuck. */
const TELL_MS = 10_000;
/** Time for which a command that has the data folder is waited for, in ms. */
const COMMAND_MS = 5_000;
/** Hosts that only this machine reaches. */
const LOOPBACK = ["127.0.0.1", "localhost", "::1"];

/**
 * Builds the components of the server from the settings and starts them.
 * @throws DyliveError in_use when the data folder has a server or the port is taken; bad_config
 */
export async function startApp(config: Config, machine: Machine, clock: Clock, logger: Logger): Promise<App> {
  const at = storeAt(config);
  const lock = await lockDataDir(config.data, { clock, waitMs: COMMAND_MS });
  const closers: (() => Promise<unknown>)[] = [async () => lock.release()];
  const close = async () => {
    const failures: unknown[] = [];
    // What cannot be stopped (a store that is damaged) keeps nothing else from being stopped, and the lock from being given free.
    for (const stop of closers.splice(0).reverse()) await stop().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  };
  try {
    const opened = await openStore(at, { clock, tell: (sentence) => logger.warn(sentence) });
    closers.push(() => opened.close());
    const metrics = new Metrics(clock, true);
    const stopTelling = clock.every(TELL_MS, () => {
      try {
        lock.tell({ health: { heldMs: Math.round(metrics.longestHoldMs) } });
      } catch (error) {
        logger.warn({ err: error }, "how the server is could not be written into the data folder");
      }
    });
    closers.push(async () => stopTelling());
    const worker = new WorkerChannel({ at, clock, onAppended: () => opened.log.wake() });
    closers.push(() => worker.close());
    const appends = new AppendHealth();
    const { log } = opened;
    log.observe({
      asked: () => appends.asked(clock.now()),
      stored: (events, ms) => {
        appends.took(clock.now());
        metrics.appended(ms);
        metrics.stored(events);
      },
      failed: (error) => appends.failed(error, clock.now()),
    });
    const { jobs } = worker;
    const { exports, statistics, search, retention } = jobs;
    const store: Store = { ...opened, statistics, search, retention };
    // What collects must go on when the worker thread does not: its one small question is answered here.
    const collectors: Store = { ...store, retention: opened.retention };
    const raw = new RawRecorder({
      folder: rawFolder(resolve(config.data)),
      clock,
      byDefault: config.record === "on",
      onError: (error, about) => logger.error({ err: error, ...about }, "a raw recording could not be written"),
    });
    closers.push(() => raw.close());
    const context: AppContext = { config, store, jobs, raw, clock, logger };
    const services = openServices(context, machine, closers);
    const { reach, downloads, authors, feed, hooks } = services;
    // Our own code that cannot be loaded once, for want of file handles, never can as long as the process lives: a server loads it at its start.
    await import("../platform/browser/session.js");
    const sidecars = await Sidecars.open({
      ...{ store, clock, file: join(resolve(config.data), "sidecars.json") },
      root: config.recordings === null ? null : resolve(config.recordings),
      exported: async function* (plan, signal) {
        yield* await partsOf(exports, plan, signal);
      },
      onError: (error, sidecar) =>
        logger.error({ err: error, sidecar }, "danmaku beside recordings could not be written; it is tried again"),
    });
    closers.push(() => sidecars.close());
    metrics.watch({ sidecars: () => sidecars.list() });
    const running = new RunningSettings(config, { settings: opened.settings, clock, logger });
    await running.start(opened.cluster !== undefined);
    closers.push(async () => running.stop());
    const held: PendingBytes = { bytes: 0, maxBytes: config.bufferMb * 1_000_000 };
    metrics.watch({ buffer: held });
    const collecting = await startCollecting(config, {
      ...reach,
      raw,
      giftList: new GiftListReader({
        gifts: store.gifts,
        clock,
        onRefused: (reason) => logger.warn({ reason }, "the platform gave no list of gifts; it is asked again in an hour"),
      }),
      store: collectors,
      held,
      clock,
      pollMs: () => running.now.pollMs,
      rates: running.rates,
      setAside: refusedEvents(config.data, logger),
      onError: (error, doing) => logger.error({ err: error, doing }, "background work failed; it is tried again"),
    });
    closers.push(() => collecting.stop());
    const { rooms, collectors: own } = collecting;
    if (own !== null) metrics.watch({ takeovers: () => own.takeovers });
    closers.push(() => collecting.rest());
    closers.push(await startMaintenance(collecting, context, metrics));
    const disk = watchDisk(context);
    closers.push(() => disk.stop());
    metrics.watch({ diskFree: () => disk.freeBytes });
    const stopChecks = reach.accounts.watch({
      platform: reach.platform,
      userAgent: config.userAgent,
      everyMs: config.accountCheckMs,
      onLapsed: async ({ name, savedAt }) => {
        logger.warn({ account: name }, "an account is no longer logged in");
        const text = `the account ${name} is no longer logged in: rooms watched as it are seen as a guest sees them, without gifts. dylive login --account ${name}`;
        await tellSystem(store, { kind: "account.lapsed", about: `${name}:${savedAt}`, text }, clock.now());
      },
      onFailed: (name, error) => logger.warn({ account: name, err: error }, "the account could not be checked, or its lapse not be stored"),
    });
    closers.push(async () => stopChecks());
    await collecting.hold("hooks", async () => hooks.deliver());
    await collecting.hold("authors", async () => authors.start());
    metrics.watch({
      downloads: () => downloads.figures(),
      hooks: () => hooks.figures(),
      authors: () => store.authorWatches.outcomes(),
      giftListAgeMs: async () => {
        const at = await store.gifts.listedAt();
        return at === null ? null : Math.max(0, clock.now() - at);
      },
    });
    const serves = config.role !== "collect";
    const official = !serves ? null : officialOf(config, collectors, held, clock, logger);
    closers.push(async () => official?.close());
    if (official !== null) await collecting.hold("official", async () => official.work());
    let compat: Compat | null = null;
    const collected = async () => (await rooms.list()).flatMap(({ status }) => status ?? []);
    const admin = adminService({
      ...{ ...reach, config, at, collected, store: opened, clock },
      compat: () => compat?.urls ?? [],
      onChanged: () => running.look(),
    });
    const api = await startApi({
      ...{ host: config.host, port: config.port, store, rooms, clock, logger, metrics, appends, held, exports, sidecars, admin },
      ...{ ...services, hooks: hooks.webhooks, official: official === null ? [] : [official], healthOnly: !serves },
      ...(own !== null && { here: async () => own.collected() }),
      ...(serves && { socketFolder: config.data }),
      speech: findSpeech(config.speech, config.speechModel, machine.speakers ?? NO_SPEAKERS),
      webRoot: WEB_ROOT,
      picture: pictureOf(config),
    });
    closers.push(() => api.close());
    if (api.socket !== null) lock.tell({ server: { socket: api.socket, databaseUrl: config.databaseUrl } });
    if (serves) void downloads.goOn();
    const streams = await startCompat(compatOptions(serves ? config : { ...config, ...NO_COMPAT }, context, { rooms, feed }));
    compat = streams;
    closers.push(() => streams.close());
    return { url: api.url, store, rooms, compat: streams.urls, close };
  } catch (error) {
    await close().catch((failed: unknown) => logger.error({ err: failed }, "some of what was started could not be stopped"));
    throw error;
  }
}

const NO_COMPAT = { compatGrabPort: null, compatLivePort: null, compatTiktokPort: null };

/** Returns the options of the streams for clients of other programs, by these settings. */
function compatOptions(config: Config, { store, clock, logger }: AppContext, parts: Pick<CompatOptions, "rooms" | "feed">): CompatOptions {
  const { host, pollMs, compatToken, compatOrigins } = config;
  const tokenNeeded = compatToken === "always" || (compatToken === "auto" && !LOOPBACK.includes(host));
  return {
    host,
    ports: { grab: config.compatGrabPort, live: config.compatLivePort, tiktok: config.compatTiktokPort },
    ...{ ...parts, store, clock },
    authenticator: compatAuthenticator({ tokens: store.tokens, rooms: store.rooms, clock, logger, tokenNeeded }),
    origins: (compatOrigins ?? "").split(",").flatMap((origin) => origin.trim() || []),
    pollMs,
    // A room that its client wants must not be let go between two askings.
    limits: { renewMs: Math.min(COMPAT_LIMITS.renewMs, config.onDemandIdleMs / 2) },
    onError: (error) => logger.error({ err: error }, "a compat output failed"),
  };
}

/**
 * Returns the app of the Open Platform; null without one.
 * @throws DyliveError bad_config when its pushes could not be verified
 */
function officialOf(config: Config, store: Store, held: PendingBytes, clock: Clock, logger: Logger): Official | null {
  const { officialApp: appId, officialPath, officialDataSecrets: dataSecrets, officialSecret: secret } = config;
  if (appId === null) return null;
  if (Object.keys(dataSecrets).length === 0)
    throw new DyliveError("bad_config", "DYLIVE_OFFICIAL_APP is set without DYLIVE_OFFICIAL_DATA_SECRETS: no push could be taken");
  const { officialWindowMs: windowMs, officialTokenUrl: tokenUrl, officialUpstream: upstream, data } = config;
  const app = { appId, path: officialPath ?? appId, dataSecrets, windowMs, secret, tokenUrl, upstream };
  return new Official(app, {
    store,
    clock,
    held,
    setAside: refusedEvents(data, logger),
    onLost: (pushes, roomId, error) =>
      logger.error({ err: error, roomId, pushes }, "the store did not take pushes that were answered: they are lost"),
    onFailed: (about, error) => logger.warn({ ...about, err: error }, "a call to the Open Platform failed"),
  });
}

/** Keeps events that the store refuses in a file beside it, so that a bug loses nothing. */
function refusedEvents(data: string, logger: Logger): (event: NewEvent, error: unknown) => void {
  const file = join(data, "refused.jsonl");
  return (event, error) => {
    logger.error({ err: error, room: event.room, id: event.id, file }, "the store refused an event; it is kept in a file");
    appendFileSync(file, `${JSON.stringify({ error: String(error), event })}\n`, { mode: 0o600 });
    chmodSync(file, 0o600);
  };
}
