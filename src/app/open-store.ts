import { databaseIn, type StoreAt } from "../store/open.js";
import type { Config } from "./config.js";

/** Returns where these settings keep the store; the data folder is made when it is missing. @throws DyliveError bad_config */
export function storeAt({ databaseUrl, data }: Pick<Config, "databaseUrl" | "data">): StoreAt {
  const path = databaseIn(data);
  return databaseUrl === null ? { engine: "sqlite", path } : { engine: "postgres", url: databaseUrl };
}
