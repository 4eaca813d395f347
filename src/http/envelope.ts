import type { CompatibleEvent } from "./compatible/event.js";

/** Writes an answer of the compatible interface: `{"code":200,"data":[…],"msg":"success"}`. */
export function successText(data: readonly CompatibleEvent[]): string {
  return JSON.stringify({ code: 200, data, msg: "success" });
}

/** Writes an error in the same envelope; `code` is the HTTP status. */
export function failureText(status: number, msg: string): string {
  return JSON.stringify({ code: status, data: [], msg });
}
