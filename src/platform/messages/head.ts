import type { SOURCES, User } from "../../events/event.js";
import { decodeLazy } from "../wire/decode.js";
import type { Drift } from "../wire/drift.js";
import type { Common } from "../wire/gen/common.js";
import { decodeUser, type User as WireUser } from "../wire/gen/user.js";
import { clean } from "./clean.js";
import { type Envelope, eventId } from "./message-id.js";
import { openText, readText } from "./text.js";
import { platformTime, toMillis } from "./time.js";
import { strangerUser, toUser } from "./user.js";

export type { Envelope } from "./message-id.js";

/** Origin of a message, as far as known. One per connection and batch: every event of the batch shares it. */
export interface Context {
  /** room key */
  readonly room: number;
  readonly webRid: string | null;
  /** room_id that the source was connected to */
  readonly sessionId: string | null;
  /** the anchor's uid, when known */
  readonly anchorId: string | null;
  /** ms UTC */
  readonly receivedAt: number;
  readonly source: (typeof SOURCES)[number];
  /** counts unknown methods and fields, and payloads that do not decode */
  readonly drift: Drift;
}

/** Common beginning of all events of one message. */
export interface Head {
  readonly context: Context;
  readonly method: string;
  readonly id: string;
  readonly time: number;
  readonly estimated: boolean;
  readonly common: Common | null;
}

// The platform's have some 40 characters; more is a stranger's invention.
const MAX_METHOD = 200;

/**
 * Makes the common beginning of all events of a message.
 * @param common of the message; null when it has none or does not decode
 * @param ownTime ms of the message's own time field, where its envelope may lack one; 0 without
 * @param id of the event, where another rule than that of {@link eventId} gives it
 */
export function toHead(envelope: Envelope, context: Context, common: Common | null, ownTime: number, id?: string): Head {
  const method = clean(envelope.method, MAX_METHOD);
  const created = common === null ? 0 : toMillis(common.createTime);
  // The envelope's id tells when it was sent; a common one may be of long before (22 minutes in chats of lucky bags).
  const dated = envelope.msgId !== "0" || common === null ? envelope.msgId : common.msgId;
  const { time, estimated } = platformTime(created !== 0 ? created : ownTime, dated, context.receivedAt);
  return { context, method, id: id ?? eventId(method, envelope, common), time, estimated, common };
}

/** Marks the time of an event as a guess where it is one; the field is absent otherwise. */
export function timed<T extends { timeEstimated?: true }>(event: T, head: Head): T {
  if (head.estimated) event.timeEstimated = true;
  return event;
}

/** Returns the message's user, or the envelope's, or nobody known. */
export function userOf(own: WireUser | null, head: Head): User {
  const from = own ?? envelopeUser(head);
  return from === null ? strangerUser("0", head.context.anchorId) : toUser(from, head.context.anchorId);
}

/** Returns Common.user: who acted, where the message has no user of its own. */
export function envelopeUser(head: Head): WireUser | null {
  return head.common === null ? null : decodeLazy(head.common.user, decodeUser, head.context.drift);
}

/** Returns what the envelope would show of the message, in words; "" without any. */
export function shownText(head: Head): string {
  return head.common === null ? "" : readText(openText(head.common.displayText, head.context.drift));
}
