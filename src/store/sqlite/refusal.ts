import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DyliveError, type ErrorCode } from "../../runtime/errors.js";
import { type Msg, type MsgPart, msg } from "../../runtime/msg.js";
import { isSqliteError } from "./driver.js";

/** Returns whether another process holds the lock. */
export function isBusy(error: unknown): boolean {
  return isSqliteError(error) && error.code.startsWith("SQLITE_BUSY");
}

/** Failures that have a name of their own, by the beginning of SQLite's code. */
const FAILURES: readonly (readonly [code: RegExp, name: ErrorCode])[] = [
  [/^SQLITE_FULL/, "disk_full"],
  // Also a quota that is used up, a file that may not grow, and no handle left for one.
  [/^SQLITE_(IOERR|CANTOPEN)/, "store_failed"],
  [/^SQLITE_READONLY/, "store_readonly"],
  [/^SQLITE_(CORRUPT|NOTADB)/, "store_damaged"],
  [/^SQLITE_(BUSY|LOCKED|PROTOCOL)/, "store_locked"],
  [/^SQLITE_(PERM|AUTH)/, "store_forbidden"],
];
/** Messages of the driver about values that SQLite cannot take. */
const NO_VALUE = /can only bind|parameter|BigInt/;

/** Returns the name of a failure of the store; null for any other error. */
function failureOf(error: unknown): ErrorCode | null {
  // What is kept as JSON was JSON when it was written.
  if (error instanceof SyntaxError) return "store_damaged";
  if (!isSqliteError(error)) return null;
  return FAILURES.find(([code]) => code.test(error.code))?.[1] ?? null;
}

/** Returns whether SQLite, or a row that cannot be read, says that the file is damaged. */
export function isDamage(error: unknown): boolean {
  return failureOf(error) === "store_damaged";
}

/**
 * Returns the error that a caller gets for an error of the engine: `bad_request` where the values are to blame (the same call will never
 * succeed, a batch can be halved), `not_found` where they name a room that does not exist, one of the store's own where that is
 * (`disk_full`, `store_…`), `internal` where we are.
 */
export function refusal(error: unknown): DyliveError {
  if (error instanceof DyliveError) return error;
  if (isSqliteError(error) && error.code === "SQLITE_CONSTRAINT_FOREIGNKEY") {
    return new DyliveError("not_found", "there is no such room", error);
  }
  const message = messageOf(error);
  const failure = failureOf(error);
  if (failure !== null) {
    const what = error instanceof SyntaxError ? msg`a row of the database cannot be read` : msg`the database said`;
    return new DyliveError(failure, msg`${what}: ${message}`, error);
  }
  const values = isSqliteError(error)
    ? /^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG|RANGE)/.test(error.code)
    : (error instanceof TypeError || error instanceof RangeError) && NO_VALUE.test(message);
  return values
    ? new DyliveError("bad_request", msg`the database refused the values (${message})`, error)
    : new DyliveError("internal", msg`the database failed (${message})`, error);
}

/**
 * Returns the error for a file that cannot be opened or made, by what is in its way.
 * @param doing what cannot be done, as "the database X cannot be opened"
 */
export function placeFailure(error: unknown, path: string, doing: Msg): DyliveError {
  if (error instanceof DyliveError) return error;
  const failure = failureOf(error);
  // SQLite calls all of these "unable to open" or "readonly".
  const why = failure === "disk_full" || failure === "store_damaged" || failure === "store_locked" ? null : obstacleOf(path);
  if (why !== null) return new DyliveError(why.code, msg`${doing}: ${why.detail}`, error);
  if (failure === "store_damaged") return new DyliveError(failure, msg`${doing}: ${damageIn(error)}`, error);
  return new DyliveError(failure ?? codeOfSystem(error) ?? "bad_config", msg`${doing} (${messageOf(error)})`, error);
}

/**
 * Returns what keeps this process from reading and writing a file and the folder that it is in; null when nothing does that can be seen.
 */
function obstacleOf(path: string): { readonly code: ErrorCode; readonly detail: MsgPart } | null {
  const folder = dirname(path);
  const held = statSync(folder, { throwIfNoEntry: false });
  if (held === undefined) return { code: "bad_config", detail: msg`there is no folder ${folder}` };
  if (!held.isDirectory()) return { code: "bad_config", detail: msg`${folder} is a file` };
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return { code: "bad_config", detail: msg`${path} is a folder` };
  // The folder too: the write-ahead log is made in it.
  for (const place of [path, `${path}-wal`, `${path}-shm`, folder].filter((one) => existsSync(one)))
    try {
      accessSync(place, constants.R_OK | constants.W_OK | (place === folder ? constants.X_OK : 0));
    } catch (error) {
      const code = codeOfSystem(error);
      if (code === "store_readonly") return { code, detail: msg`${place} is on a disk that is mounted read-only` };
      if (code === "store_forbidden") return { code, detail: msg`this user may not read and write ${place}` };
    }
  return null;
}

function codeOfSystem(error: unknown): ErrorCode | null {
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === "EROFS") return "store_readonly";
  if (code === "EACCES" || code === "EPERM") return "store_forbidden";
  return code === "ENOSPC" || code === "EDQUOT" ? "disk_full" : null;
}

function damageIn(error: unknown): string {
  return isSqliteError(error) && error.code.startsWith("SQLITE_NOTADB")
    ? "it is no SQLite database, or its beginning was overwritten"
    : messageOf(error);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
