import type { FastifyReply, FastifyRequest } from "fastify";
import { CursorReset } from "../feed/cursor.js";
import { acceptedLanguage, inLanguage, type Language, messageIn } from "../i18n/words.js";
import { DyliveError, ERRORS, type ErrorCode, FieldError } from "../runtime/errors.js";
import { type Msg, type MsgOrText, msg, msgOf } from "../runtime/msg.js";

/** Seconds after which a refused client may try again, when waiting helps. */
const RETRY_AFTER_S: Partial<Record<ErrorCode, number>> = {
  too_many_rooms: 60,
  too_many_works: 60,
  work_unknown: 60,
  room_unknown: 60,
  blocked: 60,
  unreachable: 10,
  stopping: 5,
};
/** Sentences for refusals of Fastify's, by its codes, where its own words do not say what to do. */
const REFUSALS: Readonly<Record<string, Msg>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: msg`a body is read as JSON alone: send it with the header content-type: application/json`,
  FST_ERR_CTP_EMPTY_JSON_BODY: msg`the body is empty, although its content-type is application/json`,
  FST_ERR_CTP_INVALID_JSON_BODY: msg`the body is no valid JSON`,
};
/** Addresses whose errors have the form of v1; those of the compatible interface (/douyin/…) and of files have its envelope. */
const V1_FORM = /^\/(v1|mcp|metrics|readyz|openapi\.json|asyncapi\.json|docs)(?![\w-])/;

/** Facts beside the words, for programs: the valid cursors, the field and the place of a mistake. */
type Details = Readonly<Record<string, string | number>>;

/** Error for a client, before its language is known. */
interface Failure {
  readonly status: number;
  readonly code: ErrorCode;
  /** Description of what is wrong, in this case. */
  readonly detail: MsgOrText;
  readonly details: Details;
}

/** Returns the failure of an error of the table. */
export function failure(code: ErrorCode, detail: MsgOrText, status: number = ERRORS[code].status, details: Details = {}): Failure {
  const { words, values, isRecorded } = msgOf(detail);
  // A sentence of another program's may have its full stop.
  const open = values.length === 0 && !isRecorded ? msgOf((words[0] ?? "").replace(/\.$/, "")) : detail;
  return { status, code, detail: open, details };
}

/** Returns the failure of anything that was thrown. An unforeseen error is named by its request id only. */
export function failureOf(error: unknown, requestId: string): Failure {
  if (error instanceof DyliveError) {
    const details = "details" in error ? (error.details as Details) : error instanceof FieldError ? { field: error.field } : {};
    return failure(error.code, error.code === "internal" ? msg`request ${requestId}` : error.said, error.row.status, details);
  }
  const status = statusOf(error);
  if (status === 404) return failure("no_address", "nothing is served at it");
  // Fastify's own refusals (body too large, media type, bad address): its words are safe, but may echo what was sent.
  const words = error instanceof Error ? error.message.slice(0, 200) : "refused";
  if (status !== null && status >= 400 && status < 500) return failure("bad_request", REFUSALS[codeOf(error)] ?? words, status);
  return failure("internal", msg`request ${requestId}`);
}

/** Answers with an error, in the compatible interface's envelope or in the form of v1, as its address has it. */
export function sendFailure(request: FastifyRequest, reply: FastifyReply, failed: Failure, error?: unknown): FastifyReply {
  if (error instanceof CursorReset) reply.header("x-oldest-cursor", error.oldest).header("x-newest-cursor", error.newest);
  const retryAfterS = failed.details["retryAfterS"] ?? RETRY_AFTER_S[failed.code];
  if (retryAfterS !== undefined) reply.header("retry-after", retryAfterS);
  const language = languageAsked(request);
  const text = V1_FORM.test(request.url) ? errorText(failed, request.id, language) : failureText(failed, language);
  return reply.code(failed.status).header("cache-control", "no-store").type("application/json; charset=utf-8").send(text);
}

/** Returns the language in which a request is answered. */
export function languageAsked({ headers }: FastifyRequest): Language {
  return acceptedLanguage(headers["accept-language"]);
}

function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}

function statusOf(error: unknown): number | null {
  if (typeof error !== "object" || error === null || !("statusCode" in error)) return null;
  return typeof error.statusCode === "number" ? error.statusCode : null;
}

/** Writes an error of v1: a stable code, what is wrong, what to do, and the name of the request in the server's log. */
export function errorText({ code, detail, details }: Failure, requestId: string | null, language: Language): string {
  return JSON.stringify({ error: { ...errorWords(code, detail, language), ...(requestId !== null && { requestId }), ...details } });
}

/** Returns an error in words: its code, what is wrong, and what to do. */
export function errorWords(code: ErrorCode, detail: MsgOrText, language: Language) {
  const { message, hint } = ERRORS[code];
  return { code, message: messageIn(language, message, detail), hint: inLanguage(language, hint) };
}

/** Writes an error in the envelope of the compatible interface; `code` is the HTTP status. */
export function failureText({ status, code, detail }: Failure, language: Language): string {
  const { message, hint } = ERRORS[code];
  const sentence = inLanguage(language, msg`${msgOf(message)}: ${msgOf(detail)}. ${msgOf(hint)}`);
  return JSON.stringify({ code: status, data: [], msg: sentence });
}
