import Database from "better-sqlite3";
import { DyliveError } from "../../errors.js";

/** Whether another process holds the lock. */
export function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY");
}

/**
 * The error that a caller gets for an error of the engine: `bad_request` where the values are to blame (the same call will never succeed,
 * a batch can be halved), `internal` where the engine is (disk full, damaged file: the same call may succeed later).
 */
export function refusal(error: unknown): DyliveError {
  if (error instanceof DyliveError) return error;
  if (error instanceof Database.SqliteError && error.code === "SQLITE_CONSTRAINT_FOREIGNKEY") {
    return new DyliveError("not_found", "there is no such room", error);
  }
  const message = error instanceof Error ? error.message : String(error);
  // What is no error of the engine comes from binding: a value that is no SQL value.
  const values = !(error instanceof Database.SqliteError) || /^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG|RANGE)/.test(error.code);
  return values
    ? new DyliveError("bad_request", `the database refused the values (${message})`, error)
    : new DyliveError("internal", `the database failed (${message})`, error);
}
