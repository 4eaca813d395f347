import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

/** Where a data folder keeps its database; the folder is made when it is missing, for the owner only. */
export function databaseIn(data: string): string {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  return join(resolve(data), "dylive.sqlite");
}
