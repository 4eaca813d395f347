import { createHash } from "node:crypto";
import type { NewEvent, NewEventOf, SOURCES, User } from "../../events/event.js";
import type { Drift } from "../wire/drift.js";
import type { WireEnvelope } from "../wire/frame.js";
import type { Common, PublicAreaCommon } from "../wire/gen/common.js";
import { decodeUser, type User as WireUser } from "../wire/gen/user.js";
import { decodeLazy, namesOf } from "../wire/methods.js";
import { clean, openText, readText } from "./text.js";
import { strangerUser, toUser } from "./user.js";

/** A business message in its envelope, as the wire's Response gives it; of the Open Platform, an item of a push. */
export type Envelope = Readonly<Pick<WireEnvelope, "method" | "msgId" | "payload"> & Partial<Pick<WireEnvelope, "messageExtra">>>;

/** Chats have the platform's id alone: they are most messages, and it is they that the platform takes back by their ids. */
const CHAT: ReadonlySet<string> = new Set(namesOf("ChatMessage"));

/**
 * Methods that tell a state rather than something that happened: one common id comes again with other content (facts/changes-2026.md 1),
 * so each sending is a message of its own.
 */
const STATES: ReadonlySet<string> = new Set(
  ["RoomDataSync", "InRoomBanner", "ResidentGuest", "CommonDot", "LowPcuGuide"].flatMap((name) => namesOf(`${name}Message`)),
);

/**
 * Returns the id of the event of a message: a function of the message alone, whatever came before it. A message is its method and
 * `Common.msg_id`: the envelope's id is one of the sending, new when the platform sends the same message again (facts/changes-2026.md 1),
 * and stands in where the common one is absent. Two methods may carry one common id, so all but chats have their method behind it.
 *
 * @param method of the event: the message's, fit for a store
 * @param common of the message; null when it has none or does not decode
 */
function eventId(method: string, envelope: Envelope, common: Common | null): string {
  const sending = envelope.msgId;
  const own = common === null ? "0" : common.msgId;
  const [first, second] = STATES.has(method) ? [sending, own] : [own, sending];
  const id = isGiven(first) ? first : second;
  if (!isGiven(id)) return digest(envelope);
  return CHAT.has(method) ? id : `${id}:${method}`;
}

/** Returns the digest that names a message which came without an id. */
export function digest({ method, payload }: Envelope): string {
  return `h:${createHash("sha256").update(method).update(payload).digest("hex").slice(0, 16)}`;
}

/** Returns whether an id is given. Negative numbers are nonsense: no id of the platform is above 2^63. */
function isGiven(id: string): boolean {
  return id !== "0" && id !== "" && id.charCodeAt(0) !== 45;
}

/** A platform time and whether it was guessed. */
interface PlatformTime {
  readonly time: number;
  readonly estimated: boolean;
}

// Anything outside is no time of a live room but damage: the platform began in 2016.
const EARLIEST = Date.UTC(2016, 0);
const LATEST = Date.UTC(2100, 0);

/**
 * Returns the milliseconds of a time given in seconds, milliseconds, microseconds or nanoseconds, recognised by size; 0 when it is none.
 * Common.create_time is seconds or milliseconds by method (protocol.md 4.1, 4.3), ScreenChat.event_time nanoseconds.
 */
export function toMillis(value: number): number {
  if (!(value > 0)) return 0;
  const ms = value <= 9_999_999_999 ? value * 1000 : value < 1e14 ? value : value < 1e17 ? value / 1e3 : value / 1e6;
  return ms >= EARLIEST && ms < LATEST ? Math.floor(ms) : 0;
}

/** Converts as {@link toMillis} does, from a decimal string that may exceed 2^53. */
export function digitsToMillis(value: string): number {
  // Nanoseconds are cut as text: as a number the last digits are lost, and with them the millisecond near a boundary.
  return value.length > 17 ? toMillis(Number(value.slice(0, -6))) : toMillis(Number(value));
}

/**
 * Returns when a message happened: its own time, or else the upper half of its id, which is seconds (protocol.md), or else the time of
 * receipt; the last two are estimates. An id from before its broadcast, as an introduction of years ago has, tells nothing.
 * @param roomId of the broadcast, whose upper half is the second of its beginning
 */
export function platformTime(ms: number, msgId: string, receivedAt: number, roomId: string | null = null): PlatformTime {
  if (ms !== 0) return { time: ms, estimated: false };
  const byId = idMillis(msgId);
  return { time: byId !== 0 && byId >= idMillis(roomId) ? byId : receivedAt, estimated: true };
}

function idMillis(id: string | null): number {
  return toMillis(Math.floor(Number(id) / 2 ** 32));
}

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
  /** whether it came with the platform's first answer, before the connection */
  readonly history?: boolean;
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
  const { time, estimated } = platformTime(created !== 0 ? created : ownTime, dated, context.receivedAt, context.sessionId);
  return { context, method, id: id ?? eventId(method, envelope, common), time, estimated, common };
}

/**
 * Makes an event of the fields that every event begins with and those of its type. The four types that are most of a busy room are made
 * by literals of their own, which are quicker: chat, join, like, gift.
 */
export function makeEvent<T extends NewEvent["type"]>(
  type: T,
  { id, method, time, context }: Head,
  own: Omit<NewEventOf<T>, keyof Head | keyof Context | "type" | "revision">,
): NewEventOf<T> {
  const { room, webRid, sessionId, receivedAt, source } = context;
  const base = { id, room, webRid, sessionId, method, type, time, receivedAt, source, revision: 0 };
  return Object.assign(base, own) as unknown as NewEventOf<T>;
}

/** Returns the message's user, or the envelope's, or an unknown one. @param area as in {@link toUser} */
export function userOf(own: WireUser | null, head: Head, area: PublicAreaCommon | null = null): User {
  const from = own ?? envelopeUser(head);
  return from === null ? strangerUser("0", head.context.anchorId) : toUser(from, head.context.anchorId, area);
}

/** Returns Common.user: who acted, where the message has no user of its own. */
export function envelopeUser(head: Head): WireUser | null {
  return head.common === null ? null : decodeLazy(head.common.user, decodeUser, head.context.drift);
}

/** Returns what the envelope would show of the message, in words; "" without any. */
export function shownText(head: Head): string {
  return head.common === null ? "" : readText(openText(head.common.displayText, head.context.drift));
}

// Larger payloads are kept in raw recordings only (design, section 4).
const MAX_BYTES = 4096;

/** Makes the event of a message that we cannot tell as an event of its own kind, kept as it came so that a later version can. */
export function unknownEvent(envelope: Envelope, head: Head): NewEventOf<"unknown"> {
  const { payload } = envelope;
  return makeEvent("unknown", head, {
    payload: payload.length > MAX_BYTES ? null : Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString("base64"),
    bytes: payload.length,
  });
}
