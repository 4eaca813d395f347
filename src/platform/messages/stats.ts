import type { NewEventOf, RankEntry } from "../../events/event.js";
import type { RoomRankMessage } from "../wire/gen/rank.js";
import type { RoomStatsMessage, RoomUserSeqMessage } from "../wire/gen/stats.js";
import type { User as WireUser } from "../wire/gen/user.js";
import { type Head, timed } from "./head.js";
import { countOrNull, SHORT, textOrNull } from "./text.js";
import { strangerUser, toUser } from "./user.js";

type StatsEvent = NewEventOf<"stats">;

// protocol.md 4.2: display_type 1 is the current viewers.
const CURRENT_VIEWERS = 1;

/**
 * Makes the event of viewers now and so far. `total` is now and `total_user` so far (one peer has them the wrong way round; the capture
 * of 2026-04 tells). The top contributors ride along: one message is one event.
 */
export function userSeqEvent(message: RoomUserSeqMessage, head: Head): StatsEvent {
  const onlineText = message.onlineUserForAnchor || message.totalStr;
  const totalText = message.totalUserStr || message.totalPvForAnchor;
  const event = stats(head, known(message.total, onlineText), known(message.totalUser, totalText), onlineText, totalText);
  if (message.ranks.length > 0) {
    const ranks: RankEntry[] = [];
    for (const { user, rank, score, exactlyScore, scoreDescription } of message.ranks.slice(0, 200)) {
      ranks.push(toRankEntry(user, rank > 0 ? rank : ranks.length + 1, score, exactlyScore || scoreDescription, head));
    }
    event.ranks = ranks;
  }
  return event;
}

/** Makes the event of the counter that the page shows; the only one that guests get in some rooms (protocol.md 4.3). */
export function roomStatsEvent(message: RoomStatsMessage, head: Head): StatsEvent {
  const text = message.displayLong || message.displayMiddle || message.displayShort;
  if (message.displayType !== CURRENT_VIEWERS) return stats(head, null, null, text, "");
  return stats(head, known(message.displayValue, text), null, text, "");
}

/** Returns a number, or null where it is absent: proto3 cannot tell 0 from absent; a text beside it can. */
function known(value: number, text: string): number | null {
  return value === 0 && text !== "" ? 0 : countOrNull(value);
}

function stats(head: Head, online: number | null, totalViewers: number | null, onlineText: string, totalText: string): StatsEvent {
  const { context } = head;
  const event: StatsEvent = {
    id: head.id,
    room: context.room,
    webRid: context.webRid,
    sessionId: context.sessionId,
    method: head.method,
    type: "stats",
    time: head.time,
    receivedAt: context.receivedAt,
    source: context.source,
    revision: 0,
    online,
    totalViewers,
    onlineText: textOrNull(onlineText, SHORT),
    totalText: textOrNull(totalText, SHORT),
  };
  return timed(event, head);
}

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
function toRankEntry(user: WireUser | null, rank: number, score: number, scoreText: string, head: Head): RankEntry {
  const { anchorId } = head.context;
  return {
    rank,
    score: countOrNull(score) ?? (WHOLE.test(scoreText) ? Number(scoreText) : null),
    scoreText: textOrNull(scoreText, SHORT),
    user: user === null ? strangerUser("0", anchorId) : toUser(user, anchorId),
  };
}
