import { STATUS_CODES } from "node:http";
import type { SimulatedSigner } from "./signer.js";
import { SIGNATURE_LENGTH, SIGNED_FIELDS, stubOf } from "./signer.js";

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

/**
 * Returns why the push server refuses a client, or null when it is let in. The reason is for the simulator's log and statistics; the
 * client sees only that it is refused.
 */
export function refusal(knock: Knock, rules: DoorRules): string | null {
  const { query, cookies } = knock;
  if (knock.path !== PUSH_PATH) return `path is ${knock.path}`;
  for (const name of REQUIRED) if (!query.get(name)) return `${name} is missing`;
  if (!cookies.get("ttwid")) return "cookie ttwid is missing";
  if (!rules.knowsRoom(query.get("room_id") ?? "")) return "room_id is unknown";
  const signature = query.get("signature") ?? "";
  if (signature.length !== SIGNATURE_LENGTH) return `signature has ${signature.length} characters`;
  if (rules.acceptAnySignature || rules.signer.accepts(signature, stubOf(query))) return null;
  return "signature was not issued for these parameters";
}

/** Form of a refused handshake: with the two Handshake headers, without them (both were seen with HTTP 200), or with another status. */
export type RefusalForm = "blocked" | "bare" | number;

/** Returns the bytes of a refusal as a refused client of the platform gets them: no 101, and an empty body. */
export function refusalBytes(logId: string, form: RefusalForm): string {
  const status = typeof form === "number" ? form : 200;
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}`,
    "Server: Tengine",
    "Content-Length: 0",
    "Connection: close",
    ...(form === "blocked" ? ["Handshake-Msg: DEVICE_BLOCKED", "Handshake-Status: 415"] : []),
    `x-tt-logid: ${logId}`,
    `x-tt-trace-id: 00-${logId}-01`,
    "",
    "",
  ].join("\r\n");
}

/** The signed fields that are never empty, the signature, and the two that every known client sends. */
const REQUIRED = [
  "app_name",
  ...SIGNED_FIELDS.filter((name) => !["sub_room_id", "sub_channel_id", "device_type", "ac"].includes(name)),
  "endpoint",
  "signature",
];
