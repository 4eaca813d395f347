import type { NewEventOf, RankEntry } from "../../events/event.js";
import type { RoomRankMessage } from "../wire/gen/rank.js";
import type { User as WireUser } from "../wire/gen/user.js";
import { countOrNull, SHORT, textOrNull } from "./clean.js";
import { type Head, timed } from "./head.js";
import { strangerUser, toUser } from "./user.js";

/** A whole number that stays exact; other texts are shortened (1.2万), words or asterisks. */
const WHOLE = /^\d{1,15}$/;

/** Makes the event of ranked viewers in the order of the message, which numbers nobody. */
export function roomRankEvent(message: RoomRankMessage, head: Head): NewEventOf<"rank"> {
  const entries: RankEntry[] = [];
  for (const { user, scoreStr } of message.ranks.slice(0, 200)) entries.push(toRankEntry(user, entries.length + 1, 0, scoreStr, head));
  const { context } = head;
  const event: NewEventOf<"rank"> = {
    id: head.id,
    room: context.room,
    webRid: context.webRid,
    sessionId: context.sessionId,
    method: head.method,
    type: "rank",
    time: head.time,
    receivedAt: context.receivedAt,
    source: context.source,
    revision: 0,
    entries,
  };
  return timed(event, head);
}

/** Makes one place of a rank. A score that is told in text alone is read from it; null where the platform tells none, as it often does. */
export function toRankEntry(user: WireUser | null, rank: number, score: number, scoreText: string, head: Head): RankEntry {
  const { anchorId } = head.context;
  return {
    rank,
    score: countOrNull(score) ?? (WHOLE.test(scoreText) ? Number(scoreText) : null),
    scoreText: textOrNull(scoreText, SHORT),
    user: user === null ? strangerUser("0", anchorId) : toUser(user, anchorId),
  };
}
