import pg from "pg";
import { DyliveError, type ErrorCode } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";

/**
 * Codes by which a server of PostgreSQL says that it goes away, comes back, or has no connection to give; 57014 is a statement that was
 * cut, no more.
 */
const AWAY = /^(08|57(?!014)|53300|25P03)/;
/** Failures with a name of their own: 53100 is a full disk; a standby, or a database set so, is read-only; XX001 and XX002 are damage. */
const FAILURES: Readonly<Record<string, ErrorCode>> = {
  "53100": "disk_full",
  "25006": "store_readonly",
  "53200": "store_failed", // out of memory
  "58030": "store_failed",
  "58P01": "store_failed", // a file of its own is missing
  "42501": "store_forbidden",
  "55P03": "store_locked",
  XX001: "store_damaged",
  XX002: "store_damaged",
};

/** Returns whether the same transaction may succeed when it is tried again: it lost against another one. */
export function isConflict(error: unknown): boolean {
  const code = codeOf(error instanceof DyliveError ? error.cause : error);
  return code === "40001" || code === "40P01";
}

/** Returns whether a table of a day is missing: another process dropped it, or it was not made yet. */
export function isMissingDay(error: unknown): boolean {
  const code = codeOf(error);
  return code === "42P01" || (code === "23514" && error instanceof pg.DatabaseError && /no partition/.test(error.message));
}

/** Returns whether a lock was not got in the time that was given for it. */
export function isLocked(error: unknown): boolean {
  return codeOf(error instanceof DyliveError ? error.cause : error) === "55P03";
}

/** Returns whether the values of a call are to blame, so that other calls would have succeeded without it. */
export function isValues(error: unknown): boolean {
  return (error instanceof DyliveError && error.code === "bad_request") || /^(22|23|54)/.test(codeOf(error) ?? "");
}

/** Returns whether the server takes no writes: it is a standby now. */
export function isReadOnly(error: unknown): boolean {
  return codeOf(error) === "25006";
}

/** Returns whether the connection can be used again after this error. */
export function isAnswer(error: unknown): boolean {
  const code = codeOf(error);
  return code !== null && !AWAY.test(code);
}

/**
 * Returns whether an error says that the server is not there: its own words, a socket's, or the client's own about a connection that ended.
 */
export function isLost(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== null) return AWAY.test(code);
  if (!(error instanceof Error) || error instanceof DyliveError) return false;
  // What the client says of a connection is a plain error; a mistake of ours is a TypeError or the like.
  return networkCode(error) !== null || Object.getPrototypeOf(error) === Error.prototype;
}

/**
 * Returns the error that a caller gets for an error of the engine: `bad_request` where the values are to blame (the same call will never
 * succeed, a batch can be halved), `not_found` where they name a room that does not exist, `disk_full`, `store_…` or `internal` where the
 * database is (the same call may succeed later).
 */
export function refusal(error: unknown): DyliveError {
  if (error instanceof DyliveError) return error;
  const code = codeOf(error);
  const message = messageOf(error);
  if (code === "23503") return new DyliveError("not_found", "there is no such room", error);
  if (isValues(error)) return new DyliveError("bad_request", msg`the database refused the values (${message})`, error);
  if (isLost(error)) return new DyliveError("store_unreachable", message, error);
  // What is kept as JSON was JSON when it was written.
  if (error instanceof SyntaxError) return new DyliveError("store_damaged", msg`a row of the database cannot be read: ${message}`, error);
  const failure = code === null ? undefined : FAILURES[code];
  if (failure !== undefined) return new DyliveError(failure, msg`the database said: ${message}`, error);
  return new DyliveError("internal", msg`the database failed (${message})`, error);
}

/** Returns the message of an error. Some errors of Node's sockets have a code and no message. */
export function messageOf(error: unknown): string {
  if (error instanceof DyliveError) return error.detail;
  return error instanceof Error && error.message !== "" ? error.message : String(networkCode(error) ?? error);
}

/** Returns the SQLSTATE of an error that the server answered with. */
function codeOf(error: unknown): string | null {
  return error instanceof pg.DatabaseError ? (error.code ?? null) : null;
}

function networkCode(error: unknown): string | null {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
}
