import type { Config } from "../app/config.js";
import { openStore, storeAt } from "../store/open.js";
import type { Store } from "../store/store.js";
import { plain, say } from "./terminal.js";

/**
 * Opens the store beside a server that may be running, for one short piece of work. One that cannot be written is opened for reading, and
 * that is said.
 */
export async function withStore<T>(config: Pick<Config, "data" | "databaseUrl">, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(storeAt(config), { tell: (sentence) => say(plain(sentence)), mayOnlyRead: true });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
