import { createHash, timingSafeEqual } from "node:crypto";
import type { PushHead } from "./head.js";

const SIGNATURE_BYTES = 16;

/**
 * Computes the signature of a push (facts/official-push.md A3): the four headers by name, then the body exactly as received, then the
 * secret, MD5 in base64. MD5 is the platform's choice; what it lacks is made up for by HTTPS, the address that nobody knows and the window
 * of time.
 */
export function signPush(head: PushHead, body: Uint8Array, secret: string): string {
  return digest(head, body, secret).toString("base64");
}

/** Returns whether any of these secrets made the signature. Takes as long whichever it is, or none. */
export function isSigned(head: PushHead, body: Uint8Array, signature: string, secrets: readonly string[]): boolean {
  const given = Buffer.from(signature, "base64");
  // Base64 is read leniently: a longer text may hold the same bytes.
  if (given.length !== SIGNATURE_BYTES || given.toString("base64") !== signature) return false;
  let signed = false;
  for (const secret of secrets) signed = timingSafeEqual(digest(head, body, secret), given) || signed;
  return signed;
}

function digest({ msgType, nonce, roomId, timestamp }: PushHead, body: Uint8Array, secret: string): Buffer {
  const headers = `x-msg-type=${msgType}&x-nonce-str=${nonce}&x-roomid=${roomId}&x-timestamp=${timestamp}`;
  return createHash("md5").update(headers).update(body).update(secret).digest();
}
