import { backoffMs } from "../../runtime/backoff.js";
import { DyliveError } from "../../runtime/errors.js";

/** Returns the pause before the next attempt, in ms: none before the first and the second, then up to 1 s, 2 s, 4 s … a minute. */
export function pauseMs(failures: number): number {
  return failures < 2 ? 0 : backoffMs({ firstMs: 1_000, longestMs: 60_000 }, failures - 1);
}

/** Shortens an error of the browser's driver to one line: its messages go on with a log of the call. */
export function browserError(what: string, error: unknown): DyliveError {
  if (error instanceof DyliveError) return error;
  const line = error instanceof Error ? error.message.split("\n", 1)[0] : String(error);
  return new DyliveError("browser_failed", `${what}: ${line}`, error);
}
