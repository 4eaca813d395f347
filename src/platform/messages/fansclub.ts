import type { NewEventOf } from "../../events/event.js";
import type { FansclubMessage } from "../wire/gen/fansclub.js";
import { LONG, textOrNull } from "./clean.js";
import { type Head, timed, userOf } from "./head.js";
import { isNobody } from "./user.js";

/**
 * Makes the event of a join of the anchor's fans club (action 2) or an upgrade in it (1), with the platform's ready text (protocol.md 4.3).
 * Null without a person.
 */
export function fansclubEvent(message: FansclubMessage, head: Head): NewEventOf<"fansclub"> | null {
  const { context } = head;
  const user = userOf(message.user, head);
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
