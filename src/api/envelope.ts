import type { Failure } from "./failure.js";
import type { SeedEvent } from "./seed-event.js";

/** The document's answer: `{"code":200,"data":[…],"msg":"success"}`. */
export function successText(data: readonly SeedEvent[]): string {
  return JSON.stringify({ code: 200, data, msg: "success" });
}

/** An error in the same envelope; `code` is the HTTP status. */
export function failureText(status: number, msg: string): string {
  return JSON.stringify({ code: status, data: [], msg });
}

/** An error of v1: a stable code, what is wrong, what to do, and the name of the request in the server's log. */
export function errorText({ code, message, hint, details }: Failure, requestId: string): string {
  return JSON.stringify({ error: { code, message, hint, requestId, ...details } });
}
