import type { LiveEvent } from "../events/event.js";
import { ApiFailure } from "./failure.js";

/** A message of a webhook: events of one room, from one contiguous range of its log (docs/webhooks.md). */
export interface WebhookMessage {
  readonly hook: string;
  /** Id of the log: seqs start over when it is another. */
  readonly log: string;
  readonly room: number;
  /** First and last seq that the message covers; events that the hook is not sent are left out. */
  readonly from: number;
  readonly to: number;
  readonly events: readonly LiveEvent[];
  /** Number of the replay, from 1 on, where the hook sends events again: in each the seqs begin anew. */
  readonly replay?: number;
  /** Ranges of seqs, both ends included, that were removed before they could be sent. */
  readonly removed?: readonly (readonly [from: number, to: number])[];
  /** Marks the message of `dylive hook test`. */
  readonly test?: true;
}

/** Headers of a request, as `fetch` and as Node have them; names in upper case count, too. */
type GivenHeaders = { get(name: string): string | null } | Readonly<Record<string, string | readonly string[] | undefined>>;

/** Time that a message may be older or newer than this machine's clock, in ms: as Standard Webhooks says. */
const TOLERANCE_MS = 300_000;
const PREFIX = "whsec_";

/**
 * Checks who signed a message of a webhook, as Standard Webhooks says, and reads it.
 * @param secret the hook's (`whsec_…`)
 * @param body as it came, not parsed and written again
 * @param now ms UTC, the machine's clock by default
 * @throws ApiFailure bad_signature, when it is forged, older than five minutes or no message of a webhook; bad_secret; bad_request, when the
 *   body is neither text nor bytes
 * @example
 * const { room, events } = await verifyWebhook(secret, request.headers, await request.text());
 */
export async function verifyWebhook(
  secret: string,
  headers: GivenHeaders,
  body: string | Uint8Array,
  now: number = Date.now(),
): Promise<WebhookMessage> {
  if (typeof body !== "string" && !ArrayBuffer.isView(body))
    throw new ApiFailure("bad_request", "The body of a webhook is its text or bytes as they came, not what they were parsed to", {
      ...{ field: "body", retryable: false },
      hint: "await request.text(); in Express, express.raw({ type: 'application/json' }) gives it.",
    });
  const [id, timestamp, signatures] = ["id", "timestamp", "signature"].map((name) => headerOf(headers, `webhook-${name}`));
  if (!id || !timestamp || !signatures) throw refused("it has no webhook-id, webhook-timestamp and webhook-signature");
  if (!/^\d{1,12}$/.test(timestamp)) throw refused("its webhook-timestamp is no time in seconds");
  if (!(Math.abs(now - Number(timestamp) * 1000) <= TOLERANCE_MS)) throw refused("its time is more than five minutes from this machine's");
  const text = typeof body === "string" ? body : new TextDecoder().decode(body);
  const key = await crypto.subtle.importKey("raw", keyOf(secret), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${text}`);
  // The old secret signs beside the new one for a day.
  for (const one of signatures.split(" ").slice(0, SIGNATURES_MAX)) {
    const signature = one.startsWith("v1,") ? bytesOf(one.slice("v1,".length)) : null;
    if (signature !== null && (await crypto.subtle.verify("HMAC", key, signature, signed))) return messageIn(text);
  }
  throw refused("no signature is by this secret");
}

/** Most signatures of one message that are looked at; dylive makes one or two. */
const SIGNATURES_MAX = 10;

function headerOf(headers: GivenHeaders, name: string): string | null {
  const value =
    typeof headers?.["get"] === "function"
      ? (headers as { get(name: string): string | null }).get(name)
      : Object.entries(headers ?? {}).find(([one]) => one.toLowerCase() === name)?.[1];
  return typeof value === "string" ? value : null;
}

function messageIn(text: string): WebhookMessage {
  let message: unknown = null;
  try {
    message = JSON.parse(text);
  } catch {}
  if (typeof message !== "object" || message === null || !Array.isArray(Reflect.get(message, "events")))
    throw refused("it is signed, and has no events");
  return message as WebhookMessage;
}

function keyOf(secret: unknown): Uint8Array<ArrayBuffer> {
  const key = typeof secret === "string" && secret.startsWith(PREFIX) ? bytesOf(secret.slice(PREFIX.length)) : null;
  if (key === null || key.length === 0)
    throw new ApiFailure("bad_secret", "The secret is not a webhook's", {
      hint: `It begins with ${PREFIX}: dylive hook add shows it once.`,
      retryable: false,
    });
  return key;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  } catch {
    return null;
  }
}

function refused(why: string): ApiFailure {
  const hint = "Answer 401. If it is dylive's own: check the secret, this machine's clock, and that the body is read as it came.";
  return new ApiFailure("bad_signature", `The message is not dylive's: ${why}`, { hint, status: 401, retryable: false });
}
