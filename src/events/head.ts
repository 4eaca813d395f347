import { createHash } from "node:crypto";
import { decodeLazy } from "../wire/decode.js";
import type { Drift } from "../wire/drift.js";
import type { Common } from "../wire/gen/common.js";
import { decodeUser, type User as WireUser } from "../wire/gen/user.js";
import type { Envelope as WireEnvelope } from "../wire/response.js";
import type { SOURCES, User } from "./event.js";
import { openText, readText } from "./text.js";
import { platformTime, toMillis } from "./time.js";
import { strangerUser, toUser } from "./user.js";

/** A business message in its envelope, as the wire's Response gives it. */
export type Envelope = Readonly<Pick<WireEnvelope, "method" | "msgId" | "payload">>;

/** What is known of where a message came from. One per connection and batch: every event of the batch shares it. */
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

/** What all events of one message start with. */
export interface Head {
  readonly context: Context;
  readonly method: string;
  readonly id: string;
  readonly time: number;
  readonly estimated: boolean;
  readonly common: Common | null;
}

/**
 * @param ownTime ms of the message's own time field, where its envelope may lack one; 0 without
 */
export function toHead(envelope: Envelope, context: Context, common: Common | null, ownTime: number): Head {
  const msgId = envelope.msgId !== "0" || common === null ? envelope.msgId : common.msgId;
  const created = common === null ? 0 : toMillis(common.createTime);
  const { time, estimated } = platformTime(created !== 0 ? created : ownTime, msgId, context.receivedAt);
  const id = msgId === "0" || msgId === "" ? digest(envelope) : msgId;
  return { context, method: envelope.method, id, time, estimated, common };
}

/** Marks the time of an event as a guess where it is one; the field is absent otherwise. */
export function timed<T extends { timeEstimated?: true }>(event: T, head: Head): T {
  if (head.estimated) event.timeEstimated = true;
  return event;
}

/** The message's user, or the envelope's, or nobody known. */
export function userOf(own: WireUser | null, head: Head): User {
  const from = own ?? envelopeUser(head);
  return from === null ? strangerUser("0", head.context.anchorId) : toUser(from, head.context.anchorId);
}

/** Common.user: who acted, where the message has no user of its own. */
export function envelopeUser(head: Head): WireUser | null {
  return head.common === null ? null : decodeLazy(head.common.user, decodeUser, head.context.drift);
}

/** What the envelope would show of the message, in words; "" without any. */
export function shownText(head: Head): string {
  return head.common === null ? "" : readText(openText(head.common.displayText, head.context.drift));
}

function digest({ method, payload }: Envelope): string {
  return `h:${createHash("sha256").update(method).update(payload).digest("hex").slice(0, 16)}`;
}
