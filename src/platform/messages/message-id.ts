import { createHash } from "node:crypto";
import type { Common } from "../wire/gen/common.js";
import type { Envelope as WireEnvelope } from "../wire/response.js";

/** A business message in its envelope, as the wire's Response gives it; of the Open Platform, an item of a push. */
export type Envelope = Readonly<Pick<WireEnvelope, "method" | "msgId" | "payload">>;

/** Chats have the platform's id alone: they are most messages, and it is they that the platform takes back by their ids. */
const CHAT = "WebcastChatMessage";

/**
 * Methods that tell a state rather than something that happened: one common id comes again with other content (facts/changes-2026.md 1),
 * so each sending is a message of its own.
 */
const STATES: ReadonlySet<string> = new Set(
  ["RoomDataSync", "InRoomBanner", "ResidentGuest", "CommonDot", "LowPcuGuide"].map((name) => `Webcast${name}Message`),
);

/**
 * Returns the id of the event of a message: a function of the message alone, whatever came before it. A message is its method and
 * `Common.msg_id`: the envelope's id is one of the sending, new when the platform sends the same message again (facts/changes-2026.md 1),
 * and stands in where the common one is absent. Two methods may carry one common id, so all but chats have their method behind it.
 *
 * @param method of the event: the message's, fit for a store
 * @param common of the message; null when it has none or does not decode
 */
export function eventId(method: string, envelope: Envelope, common: Common | null): string {
  const sending = envelope.msgId;
  const own = common === null ? "0" : common.msgId;
  const [first, second] = STATES.has(method) ? [sending, own] : [own, sending];
  const id = isGiven(first) ? first : second;
  if (!isGiven(id)) return digest(envelope);
  return method === CHAT ? id : `${id}:${method}`;
}

/** Returns the digest that names a message which came without an id. */
export function digest({ method, payload }: Envelope): string {
  return `h:${createHash("sha256").update(method).update(payload).digest("hex").slice(0, 16)}`;
}

/** Returns whether an id is given. Negative numbers are nonsense: no id of the platform is above 2^63. */
function isGiven(id: string): boolean {
  return id !== "0" && id !== "" && id.charCodeAt(0) !== 45;
}
