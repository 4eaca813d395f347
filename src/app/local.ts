import { resolve } from "node:path";
import { pino } from "pino";
import { startApi } from "../http/server.js";
import { jobsOn } from "../jobs/jobs.js";
import { systemClock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { rawFolder } from "../sources/raw/files.js";
import { packLeft } from "../sources/raw/recorder.js";
import { catchUp } from "../statistics/reader.js";
import { openVocabulary } from "../statistics/words.js";
import { isUnwritable } from "../store/health.js";
import { lockDataDir } from "../store/lock.js";
import { openStore, storeAt } from "../store/open.js";
import type { Store } from "../store/store.js";
import { adminService } from "./admin.js";
import { type Config, loadConfig, readMachine } from "./config.js";
import { restingRooms } from "./resting-rooms.js";
import { openServices } from "./services.js";

/** The API of a server that does nothing by itself, for a command where no server runs. */
interface LocalServer {
  /** Address of its local socket. */
  readonly socket: string;
  close(): Promise<void>;
}

/**
 * Starts the routes of a server on what is kept, in this process: nothing is collected, delivered, counted or removed but what is asked for. It
 * holds the data folder until it is closed; a PostgreSQL store is shared.
 * @param waitMs for another command that has the data folder
 * @param tell called with a sentence on what was done to an older store, or that it is only read
 * @throws DyliveError in_use while another process has the data folder
 */
export async function startLocal(config: Config, waitMs: number, tell: (sentence: string) => void): Promise<LocalServer> {
  const clock = systemClock;
  const logger = pino({ level: "error" }, process.stderr);
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const stop of closers.splice(0).reverse()) await stop();
  };
  try {
    const at = storeAt(config);
    if (at.engine === "sqlite") {
      // A folder that cannot be written has no owner: its store is read.
      const lock = await lockDataDir(config.data, { clock, waitMs }).catch((error: unknown) => {
        if (!(error instanceof DyliveError && isUnwritable(error))) throw error;
        return null;
      });
      closers.push(async () => lock?.release());
    }
    const store = await openStore(at, { clock, tell, mayOnlyRead: true });
    closers.push(() => store.close());
    const jobs = jobsOn(store);
    const raw = { rotate: () => packIdle(config) };
    const services = openServices({ config, store, jobs, raw, clock, logger }, readMachine(), closers);
    const { reach, hooks } = services;
    const api = await startApi({
      ...{ host: "127.0.0.1", port: null, socketFolder: null, store: upToDate(store), clock, logger },
      ...{ ...services, hooks: hooks.webhooks, rooms: restingRooms(reach, store) },
      admin: adminService({
        ...{ ...reach, config, at, clock, store },
        // What this command has in its environment is not a server's.
        ...{ started: loadConfig({}, {}), collected: async () => [], compat: () => [] },
      }),
    });
    closers.push(() => api.close());
    if (api.socket === null) throw new DyliveError("internal", "the local socket is missing");
    return { socket: api.socket, close };
  } catch (error) {
    await close().catch(() => {}); // why it could not start says more
    throw error;
  }
}

/** Compresses recordings that a server left open which was killed. Those of a server that runs beside a shared store are its own. */
async function packIdle({ data, databaseUrl }: Config): Promise<void> {
  const lock = databaseUrl === null ? null : await lockDataDir(data).catch(() => undefined);
  if (lock === undefined) return;
  try {
    await packLeft(rawFolder(resolve(data)), systemClock);
  } finally {
    lock?.release();
  }
}

/** Returns a store whose statistics and index are brought up to date before they are first read: no loop does that here. */
function upToDate(store: Store): Store {
  const { statistics, search } = store;
  const ready = once(() => catchUp(store, openVocabulary()));
  return { ...store, statistics: after(ready, statistics), search: after(ready, search) };
}

/** Returns what does some work once. What cannot be written stays as it is: answers say how far behind they are. */
function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => {
    done ??= work().catch((error: unknown) => {
      if (!(error instanceof DyliveError && isUnwritable(error))) throw error;
    });
    return done;
  };
}

/** Returns a part of a store whose calls wait for something, but those that say how far it is behind. */
function after<T extends object>(ready: () => Promise<void>, part: T): T {
  const waiting = Object.entries(part).map(([name, call]) => {
    const wait = async (...asked: readonly unknown[]) => {
      if (name !== "behind") await ready();
      return call(...asked);
    };
    return [name, wait];
  });
  return { ...part, ...Object.fromEntries(waiting) };
}
