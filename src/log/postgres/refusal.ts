import pg from "pg";
import { DyliveError } from "../../errors.js";

/** Whether the same transaction may succeed when it is tried again: it lost against another one. */
export function isConflict(error: unknown): boolean {
  return codeOf(error) === "40001" || codeOf(error) === "40P01";
}

/** Whether a table of a day is missing: another process dropped it, or it was not made yet. */
export function isMissingDay(error: unknown): boolean {
  const code = codeOf(error);
  return code === "42P01" || (code === "23514" && error instanceof pg.DatabaseError && /no partition/.test(error.message));
}

/** Whether a lock was not got in the time that was given for it. */
export function isLocked(error: unknown): boolean {
  return codeOf(error instanceof DyliveError ? error.cause : error) === "55P03";
}

/** Whether the values of a call are to blame, so that other calls would have succeeded without it. */
export function isValues(error: unknown): boolean {
  return /^(22|23|54)/.test(codeOf(error) ?? "");
}

/** Whether the connection can be used again after this error. */
export function isAnswer(error: unknown): boolean {
  const code = codeOf(error);
  // Class 57 is the server going away, 08 the connection.
  return code !== null && !/^(57|08)/.test(code);
}

/**
 * The error that a caller gets for an error of the engine: `bad_request` where the values are to blame (the same call will never succeed, a
 * batch can be halved), `internal` where the database is (gone, starting, full: the same call may succeed later).
 */
export function refusal(error: unknown): DyliveError {
  if (error instanceof DyliveError) return error;
  const code = codeOf(error);
  const message = error instanceof Error && error.message !== "" ? error.message : String(networkCode(error) ?? error);
  if (code === "23503") return new DyliveError("not_found", "there is no such room", error);
  if (isValues(error)) return new DyliveError("bad_request", `the database refused the values (${message})`, error);
  if (code === null || !isAnswer(error)) return new DyliveError("internal", `the database cannot be reached (${message})`, error);
  return new DyliveError("internal", `the database failed (${message})`, error);
}

/** The SQLSTATE of an error that the server answered with. */
function codeOf(error: unknown): string | null {
  return error instanceof pg.DatabaseError ? (error.code ?? null) : null;
}

/** Some errors of Node's sockets have a code and no message. */
function networkCode(error: unknown): string | null {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
}
