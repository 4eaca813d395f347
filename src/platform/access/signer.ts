import { createHash } from "node:crypto";
import { request } from "undici";
import { within } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { reasonOf } from "./platform.js";

/** Gets the signature of one connection from somebody who may sign: the site's own page, or a service that the operator named. */
export interface Signer {
  /**
   * @param stub md5 (lower-case hex) of the fields that the platform signs, `X-MS-STUB` (facts/protocol.md 2.3)
   * @returns the signature, to be URL-encoded by the caller
   * @throws DyliveError blocked or unreachable when there is none to be had
   */
  sign(stub: string, signal: AbortSignal): Promise<string>;
}

const SIGN_TIMEOUT_MS = 10_000;

/** Makes a signer behind HTTP: `POST url {"stub": md5}` answers `{"signature": "…"}`. */
export function httpSigner(url: string): Signer {
  return {
    async sign(stub, signal) {
      try {
        const reply = await request(url, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ stub }),
          signal: within(signal, SIGN_TIMEOUT_MS),
        });
        const answer = parsed(await reply.body.text());
        if (answer === undefined) throw new DyliveError("unreachable", `the signer answered HTTP ${reply.statusCode} without JSON`);
        const signature = typeof answer === "object" && answer !== null && "signature" in answer ? answer.signature : undefined;
        if (reply.statusCode !== 200 || typeof signature !== "string" || signature === "" || signature.length > 256)
          throw new DyliveError("blocked", `the signer answered HTTP ${reply.statusCode} without a signature`);
        return signature;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof DyliveError) throw error;
        throw new DyliveError("unreachable", `the signer failed: ${reasonOf(error)}`, error);
      }
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The fields that the platform signs, in its order (facts/protocol.md 2.3). Those that a web page leaves empty are kept, empty. */
const SIGNED = [
  "live_id",
  "aid",
  "version_code",
  "webcast_sdk_version",
  "room_id",
  "sub_room_id",
  "sub_channel_id",
  "did_rule",
  "user_unique_id",
  "device_platform",
  "device_type",
  "ac",
  "identity",
] as const;

/**
 * Returns `X-MS-STUB`: the md5 of the signed fields of a connection's query, lower-case hex. This is not the signature, which a
 * {@link Signer} gets.
 */
export function stubOf(query: URLSearchParams): string {
  const text = SIGNED.map((field) => `${field}=${query.get(field) ?? ""}`).join(",");
  return createHash("md5").update(text).digest("hex");
}
