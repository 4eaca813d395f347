import { join, resolve } from "node:path";
import { makeFolderSync } from "../../runtime/durable-file.js";
import { DyliveError } from "../../runtime/errors.js";

/** Returns where a data folder keeps its database, whether or not there is one. */
export function databasePath(data: string): string {
  return join(resolve(data), "dylive.sqlite");
}

/** Returns the same as {@link databasePath}; the folder is made when it is missing, for the owner only. @throws DyliveError bad_config */
export function databaseIn(data: string): string {
  try {
    makeFolderSync(data);
  } catch (error) {
    throw new DyliveError(
      "bad_config",
      `the data folder ${resolve(data)} cannot be made (${error instanceof Error ? error.message : error})`,
      error,
    );
  }
  return databasePath(data);
}
