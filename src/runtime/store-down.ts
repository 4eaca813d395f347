import { DyliveError } from "./errors.js";

/** Failures of the store itself; every other refusal is about one event. */
const STORE_DOWN = /^SQLITE_(FULL|IOERR|BUSY|LOCKED|NOMEM|CORRUPT|CANTOPEN|READONLY|NOTADB|PROTOCOL)/;

/** Returns whether an error says that the store as a whole can take nothing now, rather than that it refuses an event or a caller. */
export function isStoreDown(error: unknown): boolean {
  if (error instanceof DyliveError) return error.code !== "bad_request" && error.code !== "not_owner";
  return STORE_DOWN.test(String((error as { code?: unknown } | null)?.code ?? ""));
}

/** Returns whether an error says that the room is another process's by now. */
export function isNotOwner(error: unknown): boolean {
  return error instanceof DyliveError && error.code === "not_owner";
}

/** Words the reason that a room shows while the store takes nothing: what becomes of what comes, what is wrong and what to do. */
export function storeDownReason(error: unknown, fate = "held back"): string {
  const told = error instanceof DyliveError ? `${error.message}. ${error.row.hint}` : String(error);
  return `the store takes nothing now, so what comes is ${fate}: ${told}`;
}
