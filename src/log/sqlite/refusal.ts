import Database from "better-sqlite3";
import { DyliveError, type ErrorCode } from "../../errors.js";

/** Whether another process holds the lock. */
export function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY");
}

/** Failures of the disk that have a name of their own, by the beginning of SQLite's code. */
const FAILURES: readonly (readonly [code: RegExp, name: ErrorCode])[] = [
  [/^SQLITE_FULL/, "disk_full"],
  // Also a quota that is used up, and a file that may not grow.
  [/^SQLITE_IOERR/, "store_failed"],
  [/^SQLITE_READONLY/, "store_readonly"],
  [/^SQLITE_CORRUPT/, "store_damaged"],
];

/** The name of a failure of the disk; null for any other error. */
export function failureOf(error: unknown): ErrorCode | null {
  if (!(error instanceof Database.SqliteError)) return null;
  return FAILURES.find(([code]) => code.test(error.code))?.[1] ?? null;
}

/**
 * The error that a caller gets for an error of the engine: `bad_request` where the values are to blame (the same call will never succeed,
 * a batch can be halved), `not_found` where they name a room that does not exist, `disk_full`, `store_failed`, `store_readonly`,
 * `store_damaged` or `internal` where the engine is (the same call may succeed later).
 */
export function refusal(error: unknown): DyliveError {
  if (error instanceof DyliveError) return error;
  if (error instanceof Database.SqliteError && error.code === "SQLITE_CONSTRAINT_FOREIGNKEY") {
    return new DyliveError("not_found", "there is no such room", error);
  }
  const failure = failureOf(error);
  if (failure !== null) return new DyliveError(failure, `the database was told: ${(error as Error).message}`, error);
  const message = error instanceof Error ? error.message : String(error);
  // What is no error of the engine comes from binding: a value that is no SQL value.
  const values = !(error instanceof Database.SqliteError) || /^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG|RANGE)/.test(error.code);
  return values
    ? new DyliveError("bad_request", `the database refused the values (${message})`, error)
    : new DyliveError("internal", `the database failed (${message})`, error);
}
