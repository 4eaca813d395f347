import { createHash } from "node:crypto";
import { platformId } from "../events/describe.js";
import type { LiveEvent, User } from "../events/event.js";
import type { Batch } from "../feed/batch.js";
import type { RoomStatus } from "../health/state.js";
import type { DyliveError } from "../runtime/errors.js";
import type { RoomKey } from "../store/log.js";
import type { RoomFacts } from "../store/rooms.js";

/** Stream that a client asked for by its address. */
export interface AskedStream {
  /** The room, as the client wrote it; null is every room that is collected. */
  readonly room: string | null;
  /** Ids as JSON strings where the format has bare integers. */
  readonly idsAsText: boolean;
}

/** One message to a client. */
interface WrittenMessage {
  readonly text: string;
  /** Status in a message about the room's state: a client does not get the same one twice in a row. */
  readonly status?: string;
}

/** The wire format of another program, apart from any socket. */
export interface Format {
  readonly name: "grab" | "live" | "tiktok";
  /** The program whose clients understand it. */
  readonly like: string;
  /** Reads an address; null when clients of the format know no such one. */
  readonly asked: (address: URL) => AskedStream | null;
  /** Writes an event as a message; null for what the format has no message for. */
  readonly write: (event: LiveEvent, about: RoomFacts, asked: AskedStream) => WrittenMessage | null;
  /** Writes the first message to a client, about the room that it asked for. */
  readonly greet?: (status: RoomStatus, about: RoomFacts, asked: AskedStream) => WrittenMessage | null;
  /** Writes the message to a client whose room cannot be had; `over` when asking again is of no use. */
  readonly refuse?: (error: DyliveError, asked: AskedStream) => WrittenMessage & { readonly over: boolean };
  /** Returns the answer to a message of a client. Anything else that clients send is ignored. */
  readonly reply?: (message: string) => string | null;
}

/** Reads what `?room=ID` and `?ids=string` ask for. */
export function askedInQuery(address: URL): AskedStream {
  const room = address.searchParams.get("room");
  return {
    room: room === null || room === "" ? null : room.slice(0, 200),
    idsAsText: address.searchParams.get("ids") === "string",
  };
}

/** Whether an event tells of a room now; what was imported from a file is the past, and a test, which no format can mark, did not happen. */
export function isNow(event: LiveEvent): boolean {
  return event.source !== "import" && event.source !== "test";
}

/** A message in bytes, with the status that it tells. */
interface Message {
  readonly bytes: Buffer;
  readonly status: string | null;
}

/** A message about an event. */
interface EventMessage extends Message {
  readonly room: RoomKey;
}

/** Returns the messages of a batch in a format, made once for all clients that asked for the same. */
export function messagesOf(
  { name, write }: Format,
  batch: Batch,
  aboutOf: (room: RoomKey) => RoomFacts,
  asked: AskedStream,
  session: string | null,
): readonly EventMessage[] {
  return batch.once(JSON.stringify([name, asked.room, asked.idsAsText, session]), () =>
    batch.rows.flatMap((row) => {
      if (session !== null && row.sessionId !== session) return [];
      const written = write(row.event, aboutOf(row.room), asked);
      return written === null ? [] : [{ room: row.room, ...messageOf(written) }];
    }),
  );
}

/** Turns a message into bytes. */
export function messageOf({ text, status }: WrittenMessage): Message {
  return { bytes: Buffer.from(text, "utf8"), status: status ?? null };
}

const INT64_MAX = (1n << 63n) - 1n;
const MADE = 1n << 60n;
/** The uid of everybody in a room that hides who is there. */
const MASKED = 111111n;

/**
 * Returns an id for those who read it into a signed 64-bit integer: 0n when it is unknown or does not fit, since one bad number costs them
 * the message.
 */
export function idNumber(id: string | null): bigint {
  if (id === null || !/^\d{1,19}$/.test(id)) return 0n;
  const value = BigInt(id);
  return value > INT64_MAX ? 0n : value;
}

/**
 * Returns the id of an event's message as a number: the platform's, or where it gave none (the settling of a combo), one that is made of
 * the event's: the same always, so that it still tells a repeat.
 */
export function messageNumber(event: LiveEvent): bigint {
  const number = idNumber(platformId(event));
  return number > 0n ? number : madeNumber(event.id);
}

/**
 * Returns the id of a person as a number. A person whom the room masks has none: then it is made of what else tells them from others, their
 * name if nothing else does, so that only those share one who look alike in everything. 111111, as the platform has it, when nothing does;
 * 0n when nothing is known at all.
 */
export function personNumber({ id, webcastUid, secUid, displayId, nickname, masked }: User): bigint {
  const number = idNumber(id);
  if (number > 0n) return number;
  const other = id ?? webcastUid ?? secUid ?? displayId ?? nickname;
  return other === null ? (masked ? MASKED : 0n) : madeNumber(`person ${other}`);
}

/**
 * Makes a number of 2^60 and 60 bits of a digest. The platform's long ids carry the seconds since 1970 in their high half: one of this size
 * would be of 1978 to 1987, so none can meet it; and its short ones are far below.
 */
function madeNumber(text: string): bigint {
  return MADE | (createHash("sha256").update(text).digest().readBigUInt64BE() & (MADE - 1n));
}

/** Returns the platform's group of a combo, as the combo's name has it; "0" for a gift without. */
export function groupOf(comboId: string): string {
  return /^[^.]*\.[^.]*\.[^.]*\.g(\d+)(?:-[^.]*)?\./.exec(comboId)?.[1] ?? "0";
}

/** Target to which a room was shared: the platform's code, which both formats use, and its name in Chinese (facts/protocol.md 4.2). */
interface ShareTarget {
  readonly code: number;
  readonly word: string;
}

const TARGETS = new Map<string, ShareTarget>([
  ["wechat", { code: 1, word: "微信" }],
  ["moments", { code: 2, word: "朋友圈" }],
  ["weibo", { code: 3, word: "微博" }],
  ["qzone", { code: 4, word: "QQ空间" }],
  ["qq", { code: 5, word: "QQ" }],
  ["douyin", { code: 112, word: "抖音好友" }],
]);
const UNKNOWN: ShareTarget = { code: 0, word: "未知" };

/** Returns the target that an event of ours names; code 0 for none or another. */
export function shareTarget(name: string | null): ShareTarget {
  return TARGETS.get(name ?? "") ?? UNKNOWN;
}
