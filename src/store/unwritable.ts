import type { DyliveError, ErrorCode } from "../runtime/errors.js";

const CODES: ReadonlySet<ErrorCode> = new Set(["store_readonly", "store_forbidden", "disk_full", "store_failed"]);

/** Returns whether an error says that a store cannot be written, which need not keep it from being read. */
export function isUnwritable({ code }: DyliveError): boolean {
  return CODES.has(code);
}
