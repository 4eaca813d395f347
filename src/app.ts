import { appendFileSync, chmodSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import { Metrics } from "./api/metrics.js";
import { startApi } from "./api/server.js";
import type { Clock } from "./clock.js";
import type { Config } from "./config.js";
import type { NewEvent } from "./events/event.js";
import { lockDataDir } from "./log/lock.js";
import { ObservedLog } from "./log/observed.js";
import { openSqliteStore } from "./log/sqlite/store.js";
import type { Store } from "./log/store.js";
import type { CollectorParts } from "./rooms/collector.js";
import { Supervisor } from "./rooms/supervisor.js";
import { platformAt } from "./sources/platform.js";
import { ProxyServer } from "./sources/proxy.js";
import { httpSigner, noSigner, type Signer } from "./sources/signer.js";

/** A running server. */
export interface App {
  /** Base URL, with the port that was taken. */
  readonly url: string;
  readonly store: Store;
  readonly rooms: Supervisor;
  /** Stops in order: no new requests, collections flushed, store closed, lock released. */
  close(): Promise<void>;
}

/** Folder of the pages that the server gives out, beside src/ and dist/. */
const WEB_ROOT = fileURLToPath(new URL("../web/", import.meta.url));

/** Where a data folder keeps its database; the folder is made when it is missing, for the owner only. */
export function databaseIn(data: string): string {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  return join(resolve(data), "dylive.sqlite");
}

/** How the platform is reached by these settings. With a stand-in for the platform and no signer, the stand-in's own signs. */
export function platformParts(
  config: Pick<Config, "upstream" | "signer" | "userAgent" | "pollMs" | "proxy">,
): Omit<CollectorParts, "store" | "clock" | "setAside"> {
  const signerUrl = config.signer ?? (config.upstream === null ? null : `${config.upstream.replace(/\/+$/, "")}/@signer/sign`);
  const signer: Signer = signerUrl === null ? noSigner : httpSigner(signerUrl);
  const proxy = config.proxy === null ? null : new ProxyServer(config.proxy);
  return { platform: platformAt(config.upstream, proxy), signer, userAgent: config.userAgent, pollMs: config.pollMs };
}

/**
 * Builds the parts from the settings and starts them.
 * @throws DyliveError in_use when the data folder has a server or the port is taken; bad_config
 */
export async function startApp(config: Config, clock: Clock, logger: Logger): Promise<App> {
  const database = databaseIn(config.data);
  const lock = lockDataDir(config.data);
  const closers: (() => Promise<unknown>)[] = [async () => lock.release()];
  const close = async () => {
    for (const stop of closers.splice(0).reverse()) await stop();
  };
  try {
    const opened = openSqliteStore({ path: database });
    closers.push(() => opened.close());
    const metrics = new Metrics(clock, true);
    const store: Store = { ...opened, log: new ObservedLog(opened.log, (events) => metrics.stored(events)) };
    const rooms = new Supervisor({
      store,
      clock,
      ...platformParts(config),
      maxOnDemandRooms: config.maxOnDemandRooms,
      onDemandIdleMs: config.onDemandIdleMs,
      setAside: refusedEvents(config.data, logger),
    });
    closers.push(() => rooms.stop());
    await rooms.start();
    const api = await startApi({ host: config.host, port: config.port, store, rooms, clock, logger, metrics, webRoot: WEB_ROOT });
    closers.push(() => api.close());
    return { url: api.url, store, rooms, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Keeps events that the store refuses in a file beside it, so that a bug loses nothing. */
export function refusedEvents(data: string, logger: Logger): (event: NewEvent, error: unknown) => void {
  const file = join(data, "refused.jsonl");
  return (event, error) => {
    logger.error({ err: error, room: event.room, id: event.id, file }, "the store refused an event; it is kept aside");
    appendFileSync(file, `${JSON.stringify({ error: String(error), event })}\n`, { mode: 0o600 });
    chmodSync(file, 0o600);
  };
}
