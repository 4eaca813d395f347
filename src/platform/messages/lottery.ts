import type { NewEventOf } from "../../events/event.js";
import type {
  LotteryDrawResultEventMessage,
  LotteryEventNewMessage,
  LuckyBoxEndMessage,
  LuckyBoxMessage,
  LuckyBoxRewardMessage,
} from "../wire/gen/lottery.js";
import type { User as WireUser } from "../wire/gen/user.js";
import { type Head, timed } from "./head.js";
import { clean, countOrNull, idOrNull, LONG, SHORT, textOrNull } from "./text.js";
import { toUser } from "./user.js";

type LotteryEvent = NewEventOf<"lottery">;

const MAX_WINNERS = 1000;

/** Makes the event of a lucky box (红包) that somebody put into the room. */
export function luckyBoxEvent(message: LuckyBoxMessage, head: Head): LotteryEvent {
  const text = message.meta?.imDesc || message.title || message.meta?.titleDesc || "";
  return build(head, message.user, "box", message.boxId, message.boxIdStr, message.diamondCount, null, text);
}

/** Makes the event of those who got something of a box. */
export function luckyBoxRewardEvent(message: LuckyBoxRewardMessage, head: Head): LotteryEvent {
  const text = message.rewardedDetail.slice(0, 100).join(" ");
  return build(head, null, "box_reward", message.boxId, message.boxIdStr, 0, message.rewardedUserId, text);
}

/** Makes the event of a box that is over. */
export function luckyBoxEndEvent(message: LuckyBoxEndMessage, head: Head): LotteryEvent {
  return build(head, null, "box_end", message.boxId, message.boxIdStr, 0, null, "");
}

/** Makes the event of a lottery (福袋) that starts or changes; the list of its statuses is unverified. */
export function lotteryEvent(message: LotteryEventNewMessage, head: Head): LotteryEvent {
  return build(head, null, "lottery", message.lotteryId, "", 0, null, message.awardName || message.awardDescription);
}

/** Makes the event of a lottery that was drawn. */
export function lotteryDrawEvent(message: LotteryDrawResultEventMessage, head: Head): LotteryEvent {
  return build(head, null, "draw", message.lotteryId, "", 0, message.userIds, "");
}

function build(
  head: Head,
  user: WireUser | null,
  action: string,
  id: string,
  idText: string,
  diamonds: number,
  winners: readonly string[] | null,
  text: string,
): LotteryEvent {
  const { context } = head;
  const event: LotteryEvent = {
    id: head.id,
    room: context.room,
    webRid: context.webRid,
    sessionId: context.sessionId,
    method: head.method,
    type: "lottery",
    time: head.time,
    receivedAt: context.receivedAt,
    source: context.source,
    revision: 0,
    action,
    lotteryId: idOrNull(id) ?? textOrNull(idText, SHORT),
    diamonds: countOrNull(diamonds),
    text: textOrNull(text, LONG),
  };
  if (user !== null) event.user = toUser(user, context.anchorId);
  if (winners !== null) event.winners = winners.slice(0, MAX_WINNERS).map((winner) => clean(winner, SHORT));
  return timed(event, head);
}
