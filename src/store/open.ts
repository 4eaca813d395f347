import { join, resolve } from "node:path";
import type { Clock } from "../runtime/clock.js";
import { makeFolderSync } from "../runtime/durable-file.js";
import { DyliveError } from "../runtime/errors.js";
import { troubleOf } from "../runtime/file-failure.js";
import { msg } from "../runtime/msg.js";
import type { Store } from "./store.js";

/** Address of a store: a SQLite file, whose folder exists, or a PostgreSQL database. Plain data, so that it can be sent to a thread. */
export type StoreAt =
  | { readonly engine: "sqlite"; readonly path: string }
  /** URL of the database; holds the password. */
  | { readonly engine: "postgres"; readonly url: string };

interface OpenOptions {
  /** Clock for `createdAt`, for connecting again; the real time by default. */
  readonly clock?: Clock;
  /**
   * Called with one sentence: of a file, when it can only be read, or is lost; of a database, when it is missed and when it is back.
   */
  readonly tell?: (sentence: string) => void;
  /**
   * Whether a SQLite file that cannot be written (a full or read-only disk, no right to) is opened for reading only, which `tell` says; false
   * by default. "always": one that can be written, too.
   */
  readonly mayOnlyRead?: boolean | "always";
}

/**
 * Opens the store. Only its own engine is loaded.
 *
 * @throws DyliveError `bad_config` when it cannot be opened or is not ours; `store_newer` when a newer dylive wrote it; `store_unreachable`
 */
export async function openStore(at: StoreAt, { clock, tell, mayOnlyRead = false }: OpenOptions = {}): Promise<Store> {
  const given = { ...(clock !== undefined && { clock }), ...(tell !== undefined && { tell }) };
  if (at.engine === "postgres") {
    const { openPostgresStore } = await import("./postgres/store.js");
    return openPostgresStore({ url: at.url, ...given });
  }
  const { openSqliteStore } = await import("./sqlite/store.js");
  return openSqliteStore({ path: at.path, mayOnlyRead, ...given });
}

/** Returns where a data folder keeps its database, whether or not there is one. */
export function databasePath(data: string): string {
  return join(resolve(data), "dylive.sqlite");
}

/**
 * Returns where settings keep the store; the data folder is made when it is missing, for the owner only.
 * @param databaseUrl of PostgreSQL; null for SQLite in the data folder
 * @throws DyliveError bad_config
 */
export function storeAt({ databaseUrl, data }: { readonly databaseUrl: string | null; readonly data: string }): StoreAt {
  try {
    makeFolderSync(data);
  } catch (error) {
    const why = troubleOf(error)?.why ?? String(error);
    throw new DyliveError("bad_config", msg`the data folder ${resolve(data)} cannot be made: ${why}`, error);
  }
  return databaseUrl === null ? { engine: "sqlite", path: databasePath(data) } : { engine: "postgres", url: databaseUrl };
}
