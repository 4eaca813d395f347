import type { NewEventOf } from "../../events/event.js";
import type {
  LotteryDrawResultEventMessage,
  LotteryEventNewMessage,
  LuckyBoxEndMessage,
  LuckyBoxMessage,
  LuckyBoxRewardMessage,
} from "../wire/gen/lottery.js";
import type { LotteryInfoSyncData } from "../wire/gen/sync.js";
import type { User as WireUser } from "../wire/gen/user.js";
import { type Head, makeEvent, toMillis } from "./head.js";
import { clean, countOrNull, idOrNull, LONG, SHORT, textOrNull } from "./text.js";
import { toUser } from "./user.js";

type LotteryEvent = NewEventOf<"lottery">;

const MAX_WINNERS = 1000;
const MAX_CONDITIONS = 20;
// saermart PR 165: lottery_type 1 gives diamonds, prize_count of them.
const GIVES_DIAMONDS = 1;

/** The messages about lucky boxes and lotteries. */
export const LOTTERY_EVENTS = {
  LuckyBoxMessage: luckyBoxEvent,
  LuckyBoxRewardMessage: luckyBoxRewardEvent,
  LuckyBoxEndMessage: luckyBoxEndEvent,
  LotteryEventNewMessage: lotteryEvent,
  LotteryDrawResultEventMessage: lotteryDrawEvent,
};

/** Makes the event of a lucky box (红包) that a viewer put into the room. */
function luckyBoxEvent(message: LuckyBoxMessage, head: Head): LotteryEvent {
  const text = message.meta?.imDesc || message.title || message.meta?.titleDesc || "";
  return build(head, message.user, "box", message.boxId, message.boxIdStr, message.diamondCount, null, text);
}

/** Makes the event of those who got something of a box. */
function luckyBoxRewardEvent(message: LuckyBoxRewardMessage, head: Head): LotteryEvent {
  const text = message.rewardedDetail.slice(0, 100).join(" ");
  return build(head, null, "box_reward", message.boxId, message.boxIdStr, 0, message.rewardedUserId, text);
}

/** Makes the event of a box that is over. */
function luckyBoxEndEvent(message: LuckyBoxEndMessage, head: Head): LotteryEvent {
  return build(head, null, "box_end", message.boxId, message.boxIdStr, 0, null, "");
}

/** Makes the event of a lottery (福袋) that starts or changes; the lists of its statuses and of its kinds of prizes are unverified. */
function lotteryEvent(message: LotteryEventNewMessage, head: Head): LotteryEvent {
  const event = build(head, null, "lottery", message.lotteryId, "", 0, null, message.awardName || message.awardDescription);
  if (message.conditionsDetail.length > 0) {
    event.conditions = message.conditionsDetail
      .slice(0, MAX_CONDITIONS)
      .map(({ type, content, remarks, needDiamondCount, minFansLevel }) => ({
        kind: type,
        text: textOrNull(content || remarks, LONG),
        diamonds: needDiamondCount > 0 ? countOrNull(needDiamondCount) : null,
        fansLevel: minFansLevel > 0 ? countOrNull(minFansLevel) : null,
      }));
  }
  return withPlan(event, message.luckyCount, message.lotteryStartTime, message.lotteryDrawTime);
}

/** Makes the event of a lottery as it stands: how many take part, what for, until when. */
export function lotteryStateEvent(data: LotteryInfoSyncData, version: string, head: Head): LotteryEvent {
  const diamonds = data.lotteryType === GIVES_DIAMONDS ? data.prizeCount : 0;
  const event = build(head, null, "lottery", data.lotteryId, "", diamonds, null, "");
  // The message is about who takes part: 0 means no one yet.
  event.participants = countOrNull(data.candidateTotalCount) ?? 0;
  event.version = version;
  return withPlan(event, data.luckyCount, data.startTime, data.drawTime);
}

function withPlan(event: LotteryEvent, luckyCount: number, start: number, draw: number): LotteryEvent {
  const [startAt, drawAt] = [toMillis(start), toMillis(draw)];
  if (luckyCount > 0) event.luckyCount = luckyCount;
  if (startAt !== 0) event.startAt = startAt;
  if (drawAt !== 0) event.drawAt = drawAt;
  return event;
}

/** Makes the event of a lottery that was drawn. */
function lotteryDrawEvent(message: LotteryDrawResultEventMessage, head: Head): LotteryEvent {
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
  const event = makeEvent("lottery", head, {
    action,
    lotteryId: idOrNull(id) ?? textOrNull(idText, SHORT),
    diamonds: countOrNull(diamonds),
    text: textOrNull(text, LONG),
  });
  if (user !== null) event.user = toUser(user, context.anchorId);
  if (winners !== null) event.winners = winners.slice(0, MAX_WINNERS).map((winner) => clean(winner, SHORT));
  return event;
}
