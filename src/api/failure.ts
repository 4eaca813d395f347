import type { FastifyReply } from "fastify";
import { DyliveError, ERRORS, type ErrorCode } from "../errors.js";
import { CursorReset } from "./cursor.js";
import { failureText } from "./envelope.js";

/** Seconds after which a refused client may try again, when waiting helps. */
const RETRY_AFTER_S: Partial<Record<ErrorCode, number>> = {
  too_many_rooms: 60,
  room_unknown: 60,
  blocked: 60,
  unreachable: 10,
  stopping: 5,
};

/** What a client is told of an error. */
export interface Failure {
  readonly status: number;
  readonly code: ErrorCode;
  /** "reason. what to do" */
  readonly msg: string;
}

/** The words for an error of the table: reason first, then what to do. */
export function failure(code: ErrorCode, detail: string, status: number = ERRORS[code].status): Failure {
  return { status, code, msg: `${ERRORS[code].message}: ${detail.replace(/\.$/, "")}. ${ERRORS[code].hint}` };
}

/** What a client is told of anything that was thrown. What we did not foresee is named by its request id only. */
export function failureOf(error: unknown, requestId: string): Failure {
  if (error instanceof DyliveError) return failure(error.code, error.code === "internal" ? `request ${requestId}` : error.detail);
  const status = statusOf(error);
  if (status === 404) return failure("not_found", "no such address");
  // Fastify's own refusals (body too large, media type, bad address): its words are safe, but may echo what was sent.
  if (status !== null && status >= 400 && status < 500)
    return failure("bad_request", error instanceof Error ? error.message.slice(0, 200) : "refused", status);
  return failure("internal", `request ${requestId}`);
}

/** Answers with an error in the family's envelope. */
export function sendFailure(reply: FastifyReply, told: Failure, error?: unknown): FastifyReply {
  if (error instanceof CursorReset) reply.header("x-oldest-cursor", error.oldest).header("x-newest-cursor", error.newest);
  const retryAfterS = RETRY_AFTER_S[told.code];
  if (retryAfterS !== undefined) reply.header("retry-after", retryAfterS);
  return reply.code(told.status).type("application/json; charset=utf-8").send(failureText(told.status, told.msg));
}

function statusOf(error: unknown): number | null {
  if (typeof error !== "object" || error === null || !("statusCode" in error)) return null;
  return typeof error.statusCode === "number" ? error.statusCode : null;
}
