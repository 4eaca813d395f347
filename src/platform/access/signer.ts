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
