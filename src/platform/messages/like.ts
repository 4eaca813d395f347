import type { NewEventOf } from "../../events/event.js";
import type { LikeMessage } from "../wire/gen/like.js";
import { countOrNull } from "./clean.js";
import { type Head, timed, userOf } from "./head.js";

/**
 * Makes the event of a batch of likes of one user. The platform samples likes: `total` grows by more than the counts that arrive
 * (protocol.md 4.3).
 */
export function likeEvent(message: LikeMessage, head: Head): NewEventOf<"like"> {
  const { context } = head;
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
    user: userOf(message.user, head),
    count: countOrNull(message.count) ?? 0,
    total: countOrNull(message.total),
  };
  return timed(event, head);
}
