import { statSync } from "node:fs";
import { resolve } from "node:path";
import { type Config, keepOf, loadConfig, type Started } from "../app/config.js";
import { recognised } from "../i18n/words.js";
import { DyliveError } from "../runtime/errors.js";
import { troubleOf } from "../runtime/file-failure.js";
import { told } from "../runtime/told.js";
import { dataDirOwner } from "../store/lock.js";
import { databasePath, openStore, storeAt } from "../store/open.js";
import { keepNow, serverLimits } from "../store/server-limits.js";
import type { LimitsOf } from "../store/sql/retention.js";
import type { Store } from "../store/store.js";
import { say } from "./terminal.js";

/**
 * Opens the store beside a server that may be running, for one short piece of work. One that cannot be written is opened for reading, and
 * that is said.
 * @throws DyliveError bad_config where nothing is kept yet: reading makes no store
 */
export async function withStore<T>(config: Pick<Config, "data" | "databaseUrl">, work: (store: Store) => Promise<T>): Promise<T> {
  if (config.databaseUrl === null) existingStore(config);
  return withNewStore(config, work);
}

/** As {@link withStore}, for commands that keep something: it makes a store where there is none. */
export async function withNewStore<T>(config: Pick<Config, "data" | "databaseUrl">, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(storeAt(config), { tell: (sentence) => say(recognised(sentence)), mayOnlyRead: true });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/**
 * Returns what each server that runs on this data was started with, of the settings that may be changed: the one of this data folder tells it
 * there. Null stands for one of another folder or machine, which alone knows.
 */
export async function runningServers({ data }: Pick<Config, "data">, { cluster }: Store): Promise<readonly (Started | null)[]> {
  const owner = dataDirOwner(data);
  const here = owner === null ? [] : [null];
  const members = (await cluster?.leases.members())?.filter(({ connected }) => connected).length ?? 0;
  return [...here, ...Array.from({ length: Math.max(0, members - here.length) }, () => null)];
}

/**
 * Returns the limits, of rooms that have none of their own, of the server that runs on this data. Where none runs, one may be started with what
 * this command has. `isKnown`: false where only the server knows what was not changed since it started.
 */
export async function limitsNow(config: Config, store: Store): Promise<{ readonly limits: LimitsOf; readonly isKnown: boolean }> {
  const servers = await runningServers(config, store);
  const [server = keepOf(config)] = servers;
  const started = { ...keepOf(loadConfig({}, {})), ...server };
  return { limits: serverLimits(keepNow(started, await store.settings.changed())).limits, isKnown: !servers.includes(null) };
}

/**
 * Returns the file of the SQLite store in the data folder.
 * @throws DyliveError bad_config when there is none
 */
export function existingStore({ data }: Pick<Config, "data">): string {
  const path = databasePath(data);
  try {
    statSync(path);
    return path;
  } catch (error) {
    const folder = resolve(data);
    const trouble = (error as NodeJS.ErrnoException).code === "ENOENT" ? null : troubleOf(error);
    const why =
      trouble === null
        ? told`there is no store in ${folder}; \`dylive serve\` makes one, --data or DYLIVE_DATA names another folder`
        : told`the data folder ${folder} cannot be read: ${trouble.why}`;
    throw new DyliveError("bad_config", why, error);
  }
}
