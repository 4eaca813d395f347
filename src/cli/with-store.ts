import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { Config } from "../app/config.js";
import { DyliveError } from "../runtime/errors.js";
import { troubleOf } from "../runtime/file-failure.js";
import { msg } from "../runtime/msg.js";
import { databasePath, openStore, storeAt } from "../store/open.js";
import type { Store } from "../store/store.js";

/**
 * Opens the store for reading, beside whichever process has the data folder.
 * @throws DyliveError bad_config where nothing is kept yet: reading makes no store
 */
export async function withStore<T>(config: Pick<Config, "data" | "databaseUrl">, work: (store: Store) => Promise<T>): Promise<T> {
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
        ? msg`there is no store in ${folder}; \`dylive serve\` makes one, --data or DYLIVE_DATA names another folder`
        : msg`the data folder ${folder} cannot be read: ${trouble.why}`;
    throw new DyliveError("bad_config", why, error);
  }
}
