import type { Config } from "./config.js";
import type { StoreAt } from "./log/open.js";
import { databaseIn } from "./log/sqlite/database-file.js";

/** Where these settings keep the store; the data folder is made when it is missing. @throws DyliveError bad_config */
export function storeAt({ databaseUrl, data }: Pick<Config, "databaseUrl" | "data">): StoreAt {
  const path = databaseIn(data);
  return databaseUrl === null ? { engine: "sqlite", path } : { engine: "postgres", url: databaseUrl };
}
