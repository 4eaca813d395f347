import { createHash } from "node:crypto";
import { STATUS_CODES } from "node:http";
import { DyliveError } from "../src/runtime/errors.js";
import type { Random } from "./random.js";

/** Parts of a handshake by which the push server judges a client. */
interface Knock {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly cookies: ReadonlyMap<string, string>;
}

/** Rules by which the push server admits a client. */
interface DoorRules {
  readonly signer: SimulatedSigner;
  readonly acceptAnySignature: boolean;
  readonly knowsRoom: (roomId: string) => boolean;
}

/** Path of the push server. */
const PUSH_PATH = "/webcast/im/push/v2/";

/** Form of a refused handshake: one of those that were seen, or any status; 415 and 417 say that the device is blocked. */
export type RefusalForm = keyof typeof FORMS | number;

/** Status and headers of the refusals that were seen (facts/protocol.md 2.6, changes-2026.md 7). */
const FORMS = {
  blocked: { status: 200, says: ["Handshake-Msg: DEVICE_BLOCKED", "Handshake-Status: 415"] },
  bare: { status: 200, says: [] },
  no_cookie: { status: 417, says: ["Handshake-Msg: named cookie not present"] },
  auth_failed: { status: 200, says: ["Handshake-Msg: auth failed"] },
} as const;

/** Names of the forms. */
export const REFUSAL_FORMS = Object.keys(FORMS) as (keyof typeof FORMS)[];

/** Returns the form of refusal that a client sees, and its reason for the simulator's log alone; null when it is let in. */
export function refusal(knock: Knock, rules: DoorRules): { readonly form: RefusalForm; readonly reason: string } | null {
  const { query, cookies } = knock;
  const blocked = (reason: string) => ({ form: "blocked", reason }) as const;
  if (knock.path !== PUSH_PATH) return blocked(`path is ${knock.path}`);
  for (const name of REQUIRED) if (!query.get(name)) return blocked(`${name} is missing`);
  if (!cookies.get("ttwid")) return { form: "no_cookie", reason: "cookie ttwid is missing" };
  if (!rules.knowsRoom(query.get("room_id") ?? "")) return blocked("room_id is unknown");
  const signature = query.get("signature") ?? "";
  if (signature.length !== SIGNATURE_LENGTH) return { form: "auth_failed", reason: `signature has ${signature.length} characters` };
  if (rules.acceptAnySignature || rules.signer.accepts(signature, stubOf(query))) return null;
  return { form: "auth_failed", reason: "signature was not issued for these parameters" };
}

/** Returns the bytes of a refusal as a refused client of the platform gets them: no 101, and an empty body. */
export function refusalBytes(logId: string, form: RefusalForm): string {
  const isBlocked = form === 415 || form === 417;
  const { status, says } =
    typeof form === "number" ? { status: form, says: isBlocked ? ["Handshake-Msg: DEVICE_BLOCKED"] : [] } : FORMS[form];
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}`,
    "Server: Tengine",
    "Content-Length: 0",
    "Connection: close",
    ...says,
    `x-tt-logid: ${logId}`,
    `x-tt-trace-id: 00-${logId}-01`,
    "",
    "",
  ].join("\r\n");
}

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

/** The signed fields that are never empty, the signature, and the two that every known client sends. */
const REQUIRED = [
  "app_name",
  ...SIGNED_FIELDS.filter((name) => !["sub_room_id", "sub_channel_id", "device_type", "ac"].includes(name)),
  "endpoint",
  "signature",
];

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
const SIGNATURE_LENGTH = 16;

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/+-=";

/** Most signatures that are remembered: long, as months-old ones were seen accepted, but not without bound. */
const KEPT = 100_000;
