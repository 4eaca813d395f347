import { DyliveError, type ErrorCode } from "../runtime/errors.js";
import type { JobName } from "./jobs.js";

/** Message of the main thread: a job, the end of one, or the end of all. */
export type ToThread =
  | { readonly id: number; readonly name: JobName; readonly ask: readonly unknown[] }
  | { readonly abort: number }
  | { readonly close: true };

/** Message of the thread: the outcome of a job. */
export type FromThread = { readonly id: number } & (
  | { readonly answer: unknown; readonly error?: undefined }
  | { readonly error: { readonly code: ErrorCode; readonly detail: string } }
);

/** Returns an error as it is sent: its class does not survive the way. */
export function sentError(error: unknown): { readonly code: ErrorCode; readonly detail: string } {
  if (error instanceof DyliveError) return { code: error.code, detail: error.detail };
  return { code: "internal", detail: error instanceof Error ? error.message : String(error) };
}
