import type { NewEventOf, User } from "../../events/event.js";
import type { FansclubMessage } from "../wire/gen/fansclub.js";
import type { LikeMessage } from "../wire/gen/like.js";
import type { SocialMessage } from "../wire/gen/social.js";
import { type Head, timed, userOf } from "./head.js";
import { countOrNull, LONG, SHORT, textOrNull } from "./text.js";
import { isNobody } from "./user.js";

// protocol.md 4.2: share_target is a code as text.
const TARGETS = new Map([
  ["1", "wechat"],
  ["2", "moments"],
  ["3", "weibo"],
  ["4", "qzone"],
  ["5", "qq"],
  ["112", "douyin"],
]);

/** The messages of follows, shares, likes and fan clubs. */
export const SOCIAL_EVENTS = {
  SocialMessage: socialEvent,
  LikeMessage: likeEvent,
  FansclubMessage: fansclubEvent,
};

/**
 * Makes the event of a follow (action 1) or a share (3). Null for others: some peers show them as follows, which users report as wrong
 * (dycast, py #129); 2 is a share by one comment only, so it is kept as it came.
 */
function socialEvent(message: SocialMessage, head: Head): NewEventOf<"follow" | "share"> | null {
  if (message.action === 1)
    return followEvent(userOf(message.user, head, message.publicAreaCommon), countOrNull(message.followCount), head);
  if (message.action === 3) return shareEvent(userOf(message.user, head, message.publicAreaCommon), target(message.shareTarget), head);
  return null;
}

/** Makes the event of somebody who followed the anchor. */
export function followEvent(user: User, followers: number | null, head: Head): NewEventOf<"follow"> {
  const { context } = head;
  const event: NewEventOf<"follow"> = {
    id: head.id,
    room: context.room,
    webRid: context.webRid,
    sessionId: context.sessionId,
    method: head.method,
    type: "follow",
    time: head.time,
    receivedAt: context.receivedAt,
    source: context.source,
    revision: 0,
    user,
    followers,
  };
  return timed(event, head);
}

/** Makes the event of somebody who shared the room. */
export function shareEvent(user: User, target: string | null, head: Head): NewEventOf<"share"> {
  const { context } = head;
  const event: NewEventOf<"share"> = {
    id: head.id,
    room: context.room,
    webRid: context.webRid,
    sessionId: context.sessionId,
    method: head.method,
    type: "share",
    time: head.time,
    receivedAt: context.receivedAt,
    source: context.source,
    revision: 0,
    user,
    target,
  };
  return timed(event, head);
}

function target(code: string): string | null {
  return TARGETS.get(code) ?? textOrNull(code, SHORT);
}

/**
 * Makes the event of a batch of likes of one user. The platform samples likes: `total` grows by more than the counts that arrive
 * (protocol.md 4.3). Null for an empty message.
 */
function likeEvent(message: LikeMessage, head: Head): NewEventOf<"like"> | null {
  const { context } = head;
  const user = userOf(message.user, head, message.publicAreaCommon);
  if (isNobody(user) && message.count === 0 && message.total === 0) return null;
  const event: NewEventOf<"like"> = {
    id: head.id,
    room: context.room,
    webRid: context.webRid,
    sessionId: context.sessionId,
    method: head.method,
    type: "like",
    time: head.time,
    receivedAt: context.receivedAt,
    source: context.source,
    revision: 0,
    user,
    count: countOrNull(message.count) ?? 0,
    total: countOrNull(message.total),
  };
  return timed(event, head);
}

/**
 * Makes the event of a join of the anchor's fans club (action 2) or an upgrade in it (1), with the platform's ready text (protocol.md 4.3).
 * Null without a person.
 */
function fansclubEvent(message: FansclubMessage, head: Head): NewEventOf<"fansclub"> | null {
  const { context } = head;
  const user = userOf(message.user, head, message.publicAreaCommon);
  if (isNobody(user)) return null;
  const event: NewEventOf<"fansclub"> = {
    id: head.id,
    room: context.room,
    webRid: context.webRid,
    sessionId: context.sessionId,
    method: head.method,
    type: "fansclub",
    time: head.time,
    receivedAt: context.receivedAt,
    source: context.source,
    revision: 0,
    user,
    action: message.action === 1 ? "upgrade" : message.action === 2 ? "join" : "other",
    text: textOrNull(message.content, LONG),
  };
  return timed(event, head);
}
