import { createHmac, randomBytes } from "node:crypto";
import type { HookSecrets } from "../store/sql/hooks.js";

/** Prefix that marks a secret as Standard Webhooks does; the rest is base64. */
const PREFIX = "whsec_";
/** Time in ms for which the secret before a rotation signs beside the new one: the receiver may take that long to learn the new one. */
const OLD_SECRET_MS = 24 * 3_600_000;

/** Makes a new secret: 32 random bytes. */
export function newSecret(): string {
  return PREFIX + randomBytes(32).toString("base64");
}

/** Returns the secrets after a rotation at `now` (ms). The one before the one before stops signing at once. */
export function rotated({ secret }: HookSecrets, now: number): HookSecrets {
  return { secret: newSecret(), old: { secret, until: now + OLD_SECRET_MS } };
}

/**
 * Returns the headers of Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA256 over id, time in seconds and body, by every
 * secret that is valid, newest first.
 * @param id `webhook-id`, without a full stop
 * @param now ms UTC
 */
export function signed({ secret, old }: HookSecrets, id: string, body: string, now: number): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1000));
  const secrets = [secret, ...(old !== null && now < old.until ? [old.secret] : [])];
  const signatures = secrets.map((one) => {
    const key = Buffer.from(one.slice(PREFIX.length), "base64");
    return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`, "utf8").digest("base64")}`;
  });
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") };
}
