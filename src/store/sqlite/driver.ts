import type Database from "better-sqlite3";
import { loadPackage } from "../../runtime/packages.js";

/**
 * Opens a database. The driver is loaded by the first that is opened: npm may leave it out, and what asks a server, or has its store in PostgreSQL, needs
 * none.
 * @param file path of the file, or the bytes of one
 * @throws DyliveError no_package; SqliteError
 */
export function openDatabase(file: string | Buffer, options?: Database.Options): Database.Database {
  const Driver = loadPackage("better-sqlite3/lib/index.js") as typeof Database;
  return new Driver(file, options);
}

/** Returns whether the driver gave the error: by its name, since the driver is not loaded for asking. */
export function isSqliteError(error: unknown): error is InstanceType<typeof Database.SqliteError> {
  return error instanceof Error && error.name === "SqliteError";
}
