import type { SeedEvent } from "./compatible/event.js";

/** Writes the document's answer: `{"code":200,"data":[…],"msg":"success"}`. */
export function successText(data: readonly SeedEvent[]): string {
  return JSON.stringify({ code: 200, data, msg: "success" });
}

/** Writes an error in the same envelope; `code` is the HTTP status. */
export function failureText(status: number, msg: string): string {
  return JSON.stringify({ code: status, data: [], msg });
}
