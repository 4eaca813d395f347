import type Database from "better-sqlite3";
import { DyliveError } from "../../runtime/errors.js";
import { loadPackage } from "../../runtime/packages.js";

/**
 * Opens a database. The driver is loaded by the first that is opened: npm may leave it out, and what asks a server, or has its store in PostgreSQL, needs
 * none.
 * @param file path of the file, or the bytes of one
 * @throws DyliveError no_package, also where the package is there without native code that this Node.js loads; SqliteError
 */
export function openDatabase(file: string | Buffer, options?: Database.Options): Database.Database {
  const Driver = loadPackage("better-sqlite3/lib/index.js") as typeof Database;
  try {
    return new Driver(file, options);
  } catch (error) {
    if (!isUnbuilt(error)) throw error;
    throw new DyliveError(
      "no_package",
      "the native code of better-sqlite3 is not there, or for another Node.js or system: `npm install-scripts approve better-sqlite3`, then `npm rebuild better-sqlite3`; where dylive was installed with --global: `npm rebuild --global --allow-scripts=better-sqlite3 better-sqlite3`",
      error,
    );
  }
}

/** Returns whether an error says that the driver's native code was not found, since npm ran no script that makes it, or is not for this place. */
function isUnbuilt(error: unknown): boolean {
  const { code, message } = error instanceof Error ? (error as NodeJS.ErrnoException) : { code: undefined, message: "" };
  if (code === "ERR_DLOPEN_FAILED") return !/too many open files/i.test(message);
  return message.startsWith("Could not locate the bindings file");
}

/** Returns whether the driver gave the error: by its name, since the driver is not loaded for asking. */
export function isSqliteError(error: unknown): error is InstanceType<typeof Database.SqliteError> {
  return error instanceof Error && error.name === "SqliteError";
}
