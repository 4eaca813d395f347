import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { Config } from "../app/config.js";
import { recognised } from "../i18n/words.js";
import { DyliveError } from "../runtime/errors.js";
import { troubleOf } from "../runtime/file-failure.js";
import { told } from "../runtime/told.js";
import { isUnwritable } from "../store/health.js";
import { lockDataDir } from "../store/lock.js";
import { databasePath, openStore, storeAt } from "../store/open.js";
import type { Store } from "../store/store.js";
import { say } from "./terminal.js";

/**
 * Opens the store for reading, for one short piece of work. Where no process has the data folder, the work has it meanwhile, and may bring what
 * is counted up to date; beside one that has, the file is read as it is.
 * @throws DyliveError bad_config where nothing is kept yet: reading makes no store
 */
export async function withStore<T>(config: Pick<Config, "data" | "databaseUrl">, work: (store: Store) => Promise<T>): Promise<T> {
  if (config.databaseUrl === null) existingStore(config);
  const lock = config.databaseUrl === null ? await folderOf(config.data) : null;
  const isAnothers = config.databaseUrl === null && lock === null;
  try {
    const mayOnlyRead = isAnothers ? "always" : true;
    const store = await openStore(storeAt(config), { tell: (sentence) => say(recognised(sentence)), mayOnlyRead });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  } finally {
    lock?.release();
  }
}

/** Takes the lock of a data folder. @returns null when another process has it, or it cannot be written */
async function folderOf(data: string): Promise<Awaited<ReturnType<typeof lockDataDir>> | null> {
  try {
    return await lockDataDir(data);
  } catch (error) {
    if (error instanceof DyliveError && (error.code === "in_use" || isUnwritable(error))) return null;
    throw error;
  }
}

/** Opens the store for reading beside whichever process has the data folder, for work that goes on: it holds up none that is to have the folder. */
export async function withStoreToRead<T>(config: Pick<Config, "data" | "databaseUrl">, work: (store: Store) => Promise<T>): Promise<T> {
  if (config.databaseUrl === null) existingStore(config);
  const store = await openStore(storeAt(config), { mayOnlyRead: "always" });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
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
