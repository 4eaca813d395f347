import type { NewEventOf, User } from "../../events/event.js";
import type { FansclubMessage } from "../wire/gen/fansclub.js";
import type { LikeMessage } from "../wire/gen/like.js";
import type { MemberMessage } from "../wire/gen/member.js";
import type { SocialMessage } from "../wire/gen/social.js";
import { type Head, makeEvent, userOf } from "./head.js";
import { countOrNull, LONG, SHORT, textOrNull } from "./text.js";
import { isNobody, strangerUser, toUser } from "./user.js";

// protocol.md 4.3: user_enter_tip_type 6 came by a share.
const BY_SHARE = 6;
/** What is done to members, by the action table of protocol.md 4.3. */
const MODERATIONS: ReadonlyMap<number, NewEventOf<"moderation">["action"]> = new Map([
  [3, "mute"],
  [4, "unmute"],
  [5, "set_admin"],
  [6, "unset_admin"],
  [7, "kick"],
  [9, "manager_mute"],
  [10, "manager_unmute"],
  [11, "block"],
]);

// protocol.md 4.2: share_target is a code as text.
const TARGETS = new Map([
  ["1", "wechat"],
  ["2", "moments"],
  ["3", "weibo"],
  ["4", "qzone"],
  ["5", "qq"],
  ["112", "douyin"],
]);

/** The messages of who comes, what is done to members, follows, shares, likes and fan clubs. */
export const SOCIAL_EVENTS = {
  MemberMessage: memberEvent,
  SocialMessage: socialEvent,
  LikeMessage: likeEvent,
  FansclubMessage: fansclubEvent,
};

/**
 * Makes the event of who comes or what is done to a member, by the action table of protocol.md 4.3 (seen by one peer; only 1 is common on
 * the web). Null for an action that the table lacks.
 */
function memberEvent(message: MemberMessage, head: Head): NewEventOf<"join" | "leave" | "moderation" | "follow" | "share"> | null {
  const { anchorId } = head.context;
  const hasOnlyId = message.user === null && message.userId !== "0";
  const user = hasOnlyId ? strangerUser(message.userId, anchorId) : userOf(message.user, head, message.publicAreaCommon);
  const action = MODERATIONS.get(message.action);
  if (action !== undefined)
    return makeEvent("moderation", head, { user, action, operator: message.operator === null ? null : toUser(message.operator, anchorId) });
  switch (message.action) {
    case 1:
      return joinEvent(message, user, head);
    case 2:
      return makeEvent("leave", head, { user });
    case 8:
      return makeEvent("share", head, { user, target: null });
    case 20:
      return makeEvent("follow", head, { user, followers: null });
    default:
      return null;
  }
}

function joinEvent(message: MemberMessage, user: User, head: Head): NewEventOf<"join"> {
  const { context } = head;
  return {
    id: head.id,
    room: context.room,
    webRid: context.webRid,
    sessionId: context.sessionId,
    method: head.method,
    type: "join",
    time: head.time,
    receivedAt: context.receivedAt,
    source: context.source,
    revision: 0,
    user,
    memberCount: countOrNull(message.memberCount),
    via: message.userEnterTipType === BY_SHARE ? "share" : null,
  };
}

/**
 * Makes the event of a follow (action 1) or a share (3). Null for others: some peers show them as follows, which users report as wrong
 * (dycast, py #129); 2 is a share by one comment only, so it is kept as it came.
 */
function socialEvent(message: SocialMessage, head: Head): NewEventOf<"follow" | "share"> | null {
  if (message.action !== 1 && message.action !== 3) return null;
  const user = userOf(message.user, head, message.publicAreaCommon);
  if (message.action === 1) return makeEvent("follow", head, { user, followers: countOrNull(message.followCount) });
  const { shareTarget } = message;
  return makeEvent("share", head, { user, target: TARGETS.get(shareTarget) ?? textOrNull(shareTarget, SHORT) });
}

/**
 * Makes the event of a batch of likes of one user. The platform samples likes: `total` grows by more than the counts that arrive
 * (protocol.md 4.3). Null for an empty message.
 */
function likeEvent(message: LikeMessage, head: Head): NewEventOf<"like"> | null {
  const user = userOf(message.user, head, message.publicAreaCommon);
  if (isNobody(user) && message.count === 0 && message.total === 0) return null;
  const { context } = head;
  return {
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
}

/**
 * Makes the event of a join of the anchor's fans club (action 2) or an upgrade in it (1), with the platform's ready text (protocol.md 4.3).
 * Null without a person.
 */
function fansclubEvent(message: FansclubMessage, head: Head): NewEventOf<"fansclub"> | null {
  const user = userOf(message.user, head, message.publicAreaCommon);
  if (isNobody(user)) return null;
  return makeEvent("fansclub", head, {
    user,
    action: message.action === 1 ? "upgrade" : message.action === 2 ? "join" : "other",
    text: textOrNull(message.content, LONG),
  });
}
