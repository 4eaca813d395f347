import { createHash } from "node:crypto";
import type { LiveEvent, User } from "../events/event.js";
import { platformId } from "../events/event.js";

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
