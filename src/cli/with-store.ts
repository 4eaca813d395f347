import type { Config } from "../config.js";
import { openStore } from "../log/open.js";
import type { Store } from "../log/store.js";
import { storeAt } from "../store.js";
import { plain, say } from "./terminal.js";

/** Opens the store beside a server that may be running, for one short piece of work. One that cannot be written is opened to be read, and says so. */
export async function withStore<T>(config: Pick<Config, "data" | "databaseUrl">, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(storeAt(config), { tell: (sentence) => say(plain(sentence)), mayOnlyRead: true });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
