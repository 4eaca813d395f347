import type { ServerResponse } from "node:http";
import type { Clock } from "../src/runtime/clock.js";
import type { SimulatedReply } from "./reply.js";

/** Sends a reply, in the way in which it says that it comes. */
export async function deliver(clock: Clock, response: ServerResponse, reply: SimulatedReply, headOnly: boolean): Promise<void> {
  const { lateMs, cutAt, dripMs } = reply.delivery ?? {};
  if (lateMs !== undefined) await clock.sleep(lateMs);
  const bytes = typeof reply.body === "string" ? Buffer.from(reply.body) : reply.body;
  response.writeHead(reply.status, { server: "Tengine", "content-length": bytes.length, ...mutable(reply.headers) });
  if (headOnly) response.end();
  else if (dripMs !== undefined) drip(clock, response, bytes, dripMs);
  else if (cutAt !== undefined) response.write(bytes.subarray(0, cutAt), () => response.destroy());
  else response.end(bytes);
}

/** Sends a body in pieces of a few bytes, until the other end has had enough. */
function drip(clock: Clock, response: ServerResponse, bytes: Uint8Array, everyMs: number): void {
  let sent = 0;
  const stop = clock.every(everyMs, () => {
    response.write(bytes.subarray(sent, sent + DRIP_BYTES));
    sent += DRIP_BYTES;
    if (sent >= bytes.length) response.end();
  });
  response.flushHeaders();
  response.once("close", stop);
}

/** Size of the pieces of a body that drips. */
const DRIP_BYTES = 4;

function mutable(headers: SimulatedReply["headers"]): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, typeof value === "string" ? value : [...value]]));
}
