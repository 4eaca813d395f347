import type { NewEventOf, User } from "../../events/event.js";
import type { MemberMessage } from "../wire/gen/member.js";
import { type Head, timed, userOf } from "./head.js";
import { followEvent, shareEvent } from "./social.js";
import { countOrNull } from "./text.js";
import { strangerUser, toUser } from "./user.js";

// protocol.md 4.3: user_enter_tip_type 6 came by somebody's share.
const BY_SHARE = 6;

type Moderation = NewEventOf<"moderation">["action"];

/** The message of who comes and what is done to members. */
export const MEMBER_EVENTS = { MemberMessage: memberEvent };

/**
 * Makes the event of who comes or what is done to a member, by the action table of protocol.md 4.3 (seen by one peer; only 1 is common on
 * the web). Null for an action that the table lacks.
 */
function memberEvent(message: MemberMessage, head: Head): NewEventOf<"join" | "leave" | "moderation" | "follow" | "share"> | null {
  const user = subject(message, head);
  switch (message.action) {
    case 1:
      return join(message, user, head);
    case 2:
      return leave(user, head);
    case 3:
      return moderation("mute", message, user, head);
    case 4:
      return moderation("unmute", message, user, head);
    case 5:
      return moderation("set_admin", message, user, head);
    case 6:
      return moderation("unset_admin", message, user, head);
    case 7:
      return moderation("kick", message, user, head);
    case 8:
      return shareEvent(user, null, head);
    case 9:
      return moderation("manager_mute", message, user, head);
    case 10:
      return moderation("manager_unmute", message, user, head);
    case 11:
      return moderation("block", message, user, head);
    case 20:
      return followEvent(user, null, head);
    default:
      return null;
  }
}

function subject(message: MemberMessage, head: Head): User {
  const bare = message.user === null && message.userId !== "0";
  return bare ? strangerUser(message.userId, head.context.anchorId) : userOf(message.user, head, message.publicAreaCommon);
}

function join(message: MemberMessage, user: User, head: Head): NewEventOf<"join"> {
  const { context } = head;
  const event: NewEventOf<"join"> = {
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
  return timed(event, head);
}

function leave(user: User, head: Head): NewEventOf<"leave"> {
  const { context } = head;
  const event: NewEventOf<"leave"> = {
    id: head.id,
    room: context.room,
    webRid: context.webRid,
    sessionId: context.sessionId,
    method: head.method,
    type: "leave",
    time: head.time,
    receivedAt: context.receivedAt,
    source: context.source,
    revision: 0,
    user,
  };
  return timed(event, head);
}

function moderation(action: Moderation, message: MemberMessage, user: User, head: Head): NewEventOf<"moderation"> {
  const { context } = head;
  const event: NewEventOf<"moderation"> = {
    id: head.id,
    room: context.room,
    webRid: context.webRid,
    sessionId: context.sessionId,
    method: head.method,
    type: "moderation",
    time: head.time,
    receivedAt: context.receivedAt,
    source: context.source,
    revision: 0,
    user,
    action,
    operator: message.operator === null ? null : toUser(message.operator, context.anchorId),
  };
  return timed(event, head);
}
