import type { NewEventOf, RankEntry } from "../../events/event.js";
import type { LinkerContributeMessage } from "../wire/gen/linkmic.js";
import type { DoubleLikeTopUserMessage, RoomRankMessage } from "../wire/gen/rank.js";
import type { RoomStatsMessage, RoomUserSeqMessage, UpdateFanTicketMessage } from "../wire/gen/stats.js";
import type { User as WireUser } from "../wire/gen/user.js";
import { type Head, makeEvent } from "./head.js";
import { countOrNull, httpsOrNull, SHORT, textOrNull } from "./text.js";
import { strangerUser, toUser } from "./user.js";

type StatsEvent = NewEventOf<"stats">;

// changes-2026.md 7: display_type 1 is the current viewers, 3 all who came.
const CURRENT_VIEWERS = 1;
const ALL_VIEWERS = 3;

/** The messages of counts and ranks. */
export const STATS_EVENTS = {
  RoomUserSeqMessage: userSeqEvent,
  RoomStatsMessage: roomStatsEvent,
  UpdateFanTicketMessage: ticketsEvent,
  RoomRankMessage: roomRankEvent,
  DoubleLikeTopUserMessage: topLikersEvent,
  LinkerContributeMessage: linkerContributeEvent,
};

/**
 * Makes the event of viewers now and so far. `total` is now and `total_user` so far (one peer has them the wrong way round; the capture
 * of 2026-04 tells). The top contributors ride along: one message is one event.
 */
function userSeqEvent(message: RoomUserSeqMessage, head: Head): StatsEvent {
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
function roomStatsEvent(message: RoomStatsMessage, head: Head): StatsEvent {
  const text = message.displayLong || message.displayMiddle || message.displayShort;
  if (message.displayType === CURRENT_VIEWERS) return stats(head, known(message.displayValue, text), null, text, "");
  const total = message.total || (message.displayType === ALL_VIEWERS ? message.displayValue : 0);
  // Of other types we know one text, of all who watched (`9635人看过`).
  return stats(head, null, countOrNull(total), "", text.includes("看过") ? text : "");
}

/** Makes the event of the room's total of tickets. Null without one: it is kept as it came. */
function ticketsEvent({ roomFanTicketCount }: UpdateFanTicketMessage, head: Head): StatsEvent | null {
  const tickets = countOrNull(roomFanTicketCount);
  return tickets === null ? null : { ...stats(head, null, null, "", ""), tickets };
}

/** Returns a number, or null where it is absent: proto3 cannot tell 0 from absent; a text beside it can. */
function known(value: number, text: string): number | null {
  return value === 0 && text !== "" ? 0 : countOrNull(value);
}

function stats(head: Head, online: number | null, totalViewers: number | null, onlineText: string, totalText: string): StatsEvent {
  return makeEvent("stats", head, {
    online,
    totalViewers,
    onlineText: textOrNull(onlineText, SHORT),
    totalText: textOrNull(totalText, SHORT),
  });
}

/** A whole number that stays exact; other texts are shortened (1.2万), words or asterisks. */
const WHOLE = /^\d{1,15}$/;

/**
 * Makes the event of ranked viewers. `audience_ranks` has numbers and stands for `ranks` where it is there: that one has no numbers, and tells
 * scores as texts, if at all.
 */
function roomRankEvent(message: RoomRankMessage, head: Head): NewEventOf<"rank"> {
  const entries: RankEntry[] = [];
  if (message.audienceRanks.length === 0) {
    for (const { user, scoreStr } of message.ranks.slice(0, 200)) entries.push(toRankEntry(user, entries.length + 1, 0, scoreStr, head));
    return rankEvent("room", entries, head);
  }
  for (const { user, rank, score, exactlyScore, scoreDescription } of message.audienceRanks.slice(0, 200)) {
    entries.push(toRankEntry(user, rank > 0 ? rank : entries.length + 1, score, exactlyScore || scoreDescription, head));
  }
  return rankEvent("audience", entries, head);
}

/** Makes the event of those who liked most, as the platform shows it at a double tap of many. Null if it names no one. */
function topLikersEvent(message: DoubleLikeTopUserMessage, head: Head): NewEventOf<"rank"> | null {
  const { likeUserList } = message;
  if (likeUserList.length === 0) return null;
  const entries = likeUserList.slice(0, 200).map(({ user, count }, index) => toRankEntry(user, index + 1, count, "", head));
  return rankEvent("likes", entries, head);
}

/** Makes the event of what one guest of a link was given, and by whom. Null where it names no guest: it is kept as it came. */
function linkerContributeEvent(message: LinkerContributeMessage, head: Head): NewEventOf<"rank"> | null {
  const { anchorId } = head.context;
  if (message.userId === "0") return null;
  const entries: RankEntry[] = message.userContributeList.slice(0, 200).map(({ userId, rank, score, nickname, avatarThumb }, index) => ({
    rank: rank > 0 ? rank : index + 1,
    score: countOrNull(score),
    scoreText: null,
    user: {
      ...strangerUser(userId, anchorId),
      nickname: textOrNull(nickname, SHORT),
      avatar: avatarThumb === null ? null : httpsOrNull(avatarThumb.url),
    },
  }));
  const event = rankEvent("guest", entries, head);
  event.receiver = strangerUser(message.userId, anchorId);
  event.total = scoreOf(message.totalScore, message.totalScoreRealStr);
  return event;
}

function rankEvent(list: NewEventOf<"rank">["list"], entries: RankEntry[], head: Head): NewEventOf<"rank"> {
  return makeEvent("rank", head, { list, entries, receiver: null, total: null });
}

/** Makes one place of a rank. A score that is given as text alone is read from it; null if there is none, as is frequent. */
function toRankEntry(user: WireUser | null, rank: number, score: number, scoreText: string, head: Head): RankEntry {
  const { anchorId } = head.context;
  return {
    rank,
    score: scoreOf(score, scoreText),
    scoreText: textOrNull(scoreText, SHORT),
    user: user === null ? strangerUser("0", anchorId) : toUser(user, anchorId),
  };
}

function scoreOf(score: number, text: string): number | null {
  return countOrNull(score) ?? (WHOLE.test(text) ? Number(text) : null);
}
