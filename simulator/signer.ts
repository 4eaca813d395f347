import { createHash } from "node:crypto";
import { DyliveError } from "../src/runtime/errors.js";
import type { Random } from "./random.js";

/** The fields of the push query that are signed, in their order; those that a query lacks count as empty. */
export const SIGNED_FIELDS = [
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

/** Returns the X-MS-STUB of a push query: the MD5, in lower-case hexadecimal, of its signed fields. */
export function stubOf(query: URLSearchParams): string {
  const text = SIGNED_FIELDS.map((name) => `${name}=${query.get(name) ?? ""}`).join(",");
  return createHash("md5").update(text).digest("hex");
}

/**
 * Issues signatures and knows them again. It computes nothing of the platform's: a signature is random, and valid because it
 * was issued for that stub.
 */
export class SimulatedSigner {
  readonly #random: Random;
  readonly #issued = new Map<string, string>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** Issues sixteen characters for a stub, different at each call, always with one that a URL must escape. */
  sign(stub: string): string {
    if (!/^[0-9a-f]{32}$/.test(stub)) throw new DyliveError("bad_request", "stub must be 32 lower-case hexadecimal digits");
    const letters = [...this.#random.text(SIGNATURE_LENGTH, ALPHABET)];
    for (const awkward of ["/", "+", "="]) letters[this.#random.int(0, SIGNATURE_LENGTH - 1)] = awkward;
    const signature = letters.join("");
    this.#issued.set(signature, stub);
    if (this.#issued.size > KEPT) {
      const oldest = this.#issued.keys().next().value;
      if (oldest !== undefined) this.#issued.delete(oldest);
    }
    return signature;
  }

  /** Returns whether a signature was issued for a stub. */
  accepts(signature: string, stub: string): boolean {
    return this.#issued.get(signature) === stub;
  }
}

/** Length of every signature. */
export const SIGNATURE_LENGTH = 16;

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/+-=";

/** Most signatures that are remembered: long, as months-old ones were seen accepted, but not without bound. */
const KEPT = 100_000;
