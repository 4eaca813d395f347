import type { Config } from "../config.js";
import { databaseIn } from "../log/sqlite/database-file.js";
import { openSqliteStore } from "../log/sqlite/store.js";
import type { Store } from "../log/store.js";
import { say } from "./terminal.js";

/** Opens the store beside a server that may be running, for one short piece of work. */
export async function withStore<T>(config: Pick<Config, "data">, work: (store: Store) => Promise<T>): Promise<T> {
  const store = openSqliteStore({ path: databaseIn(config.data), tell: say });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
