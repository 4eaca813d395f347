import type { Draft } from "../../events/combo.js";
import type { NewEvent } from "../../events/event.js";
import type { Common } from "../wire/gen/common.js";
import { type Decoded, decodePayload, peekCommon } from "../wire/methods.js";
import { audioChatEvent, chatEvent, emojiChatEvent, exhibitionChatEvent, privilegeChatEvent, screenChatEvent } from "./chat.js";
import { bindingGiftDraft, doodleGiftDraft, giftDraft, lightGiftDraft } from "./gift.js";
import { type Context, digitsToMillis, type Envelope, type Head, toHead, toMillis, unknownEvent } from "./head.js";
import { armiesEvent, battleEvent, battleFinishEvent, linkEvent, linkmicMethodEvent } from "./linkmic.js";
import { lotteryDrawEvent, lotteryEvent, luckyBoxEndEvent, luckyBoxEvent, luckyBoxRewardEvent } from "./lottery.js";
import { memberEvent } from "./member.js";
import {
  commonToastEvent,
  controlEvent,
  deleteEvent,
  noticeEvent,
  notifyEffectEvent,
  notifyEvent,
  roomIntroEvent,
  roomMessageEvent,
  toastEvent,
} from "./notice.js";
import { productChangeEvent, shoppingEvent } from "./product.js";
import { roomDataEvent } from "./room-data.js";
import { fansclubEvent, likeEvent, socialEvent } from "./social.js";
import { linkerContributeEvent, roomRankEvent, roomStatsEvent, topLikersEvent, userSeqEvent } from "./stats.js";

export type { Context, Envelope } from "./head.js";

/**
 * Makes a draft of one event of one message of the wire. Never throws: a payload that does not decode, a method that we do not read, an
 * action that no table has, and a notice without words all become an `unknown` event, so that nothing is lost.
 *
 * Only an envelope with neither method nor payload gives no event (null). What else the log does not get is refused later, by rules that
 * need a memory: ids that were stored ({@link RecentIds}), a member's echo of a follow or share ({@link SocialEchoes}), and gifts that
 * bring no new units ({@link GiftLedger}).
 */
export function normalise(envelope: Envelope, context: Context): Draft | null {
  const { method, payload } = envelope;
  const decoded = decodePayload(method, payload, context.drift);
  if (decoded === null || decoded.kind === "failed") {
    if (method === "" && payload.length === 0) return null;
    return complete(unknownEvent(envelope, toHead(envelope, context, peekCommon(method, payload), 0)));
  }
  const head = toHead(envelope, context, commonOf(decoded), ownTime(decoded));
  return draft(decoded, head) ?? complete(unknownEvent(envelope, head));
}

/** Returns the draft; null for messages that have no event of their own. The order is that of how often they come. */
function draft(decoded: Decoded, head: Head): Draft | null {
  switch (decoded.kind) {
    case "ChatMessage":
      return complete(chatEvent(decoded.message, head));
    case "MemberMessage":
      return complete(memberEvent(decoded.message, head));
    case "LikeMessage":
      return complete(likeEvent(decoded.message, head));
    case "GiftMessage":
      return giftDraft(decoded.message, head);
    case "SocialMessage":
      return complete(socialEvent(decoded.message, head));
    case "RoomStatsMessage":
      return complete(roomStatsEvent(decoded.message, head));
    case "RoomUserSeqMessage":
      return complete(userSeqEvent(decoded.message, head));
    case "RoomRankMessage":
      return complete(roomRankEvent(decoded.message, head));
    case "FansclubMessage":
      return complete(fansclubEvent(decoded.message, head));
    case "EmojiChatMessage":
      return complete(emojiChatEvent(decoded.message, head));
    case "ScreenChatMessage":
      return complete(screenChatEvent(decoded.message, head));
    case "PrivilegeScreenChatMessage":
      return complete(privilegeChatEvent(decoded.message, head));
    case "AudioChatMessage":
      return complete(audioChatEvent(decoded.message, head));
    case "ExhibitionChatMessage":
      return complete(exhibitionChatEvent(decoded.message, head));
    case "LightGiftMessage":
      return lightGiftDraft(decoded.message, head);
    case "BindingGiftMessage":
      return decoded.message.msg === null ? null : bindingGiftDraft(decoded.message.msg, head);
    case "DoodleGiftMessage":
      return doodleGiftDraft(decoded.message, head);
    case "ControlMessage":
      return complete(controlEvent(decoded.message, head));
    case "RoomMessage":
      return complete(roomMessageEvent(decoded.message, head));
    case "RoomIntroMessage":
      return complete(roomIntroEvent(decoded.message, head));
    case "NotifyMessage":
      return complete(notifyEvent(decoded.message, head));
    case "CommonToastMessage":
      return complete(commonToastEvent(head));
    case "ToastMessage":
      return complete(toastEvent(decoded.message, head));
    case "NotifyEffectMessage":
      return complete(notifyEffectEvent(decoded.message, head));
    case "NoticeMessage":
      return complete(noticeEvent(decoded.message, head));
    case "ImDeleteMessage":
      return complete(deleteEvent(decoded.message, head));
    case "LiveShoppingMessage":
      return complete(shoppingEvent(decoded.message, head));
    case "ProductChangeMessage":
      return complete(productChangeEvent(decoded.message, head));
    case "LinkMicBattle":
      return complete(battleEvent(decoded.message, head));
    case "LinkMicBattleFinish":
      return complete(battleFinishEvent(decoded.message, head));
    case "LinkMicArmies":
      return complete(armiesEvent(decoded.message, head));
    case "LinkMicMethod":
      return complete(linkmicMethodEvent(decoded.message, head));
    case "LinkMessage":
      return complete(linkEvent(decoded.message, head));
    case "LuckyBoxMessage":
      return complete(luckyBoxEvent(decoded.message, head));
    case "LuckyBoxRewardMessage":
      return complete(luckyBoxRewardEvent(decoded.message, head));
    case "LuckyBoxEndMessage":
      return complete(luckyBoxEndEvent(decoded.message, head));
    case "LotteryEventNewMessage":
      return complete(lotteryEvent(decoded.message, head));
    case "LinkerContributeMessage":
      return complete(linkerContributeEvent(decoded.message, head));
    case "DoubleLikeTopUserMessage":
      return complete(topLikersEvent(decoded.message, head));
    case "RoomDataSyncMessage":
      return complete(roomDataEvent(decoded.message, head));
    case "LotteryDrawResultEventMessage":
      return complete(lotteryDrawEvent(decoded.message, head));
    // Decoded for the room's health or for the simulator; none of them tells of a person or a fact of the broadcast.
    case "ChatLikeMessage":
    case "InRoomBannerMessage":
    case "LowPcuGuideMessage":
    case "RanklistHourEntranceMessage":
    case "ResidentGuestMessage":
    case "RoomStreamAdaptationMessage":
      return null;
  }
}

function commonOf({ kind, message }: Decoded): Common | null {
  // The wrapper's own envelope may be missing while that of the gift inside is there.
  return kind === "BindingGiftMessage" ? (message.common ?? message.msg?.common ?? null) : message.common;
}

/** Returns a message's own time. Chats of 2026 have event_time, not create_time (captures); ScreenChat's is in ns (protocol.md 4.3). */
function ownTime({ kind, message }: Decoded): number {
  if (kind === "ChatMessage") return toMillis(message.eventTime);
  if (kind === "ScreenChatMessage") return digitsToMillis(message.eventTime);
  return kind === "GiftMessage" ? toMillis(message.sendTime) : 0;
}

function complete(event: Exclude<NewEvent, { type: "gift" }>): Draft;
function complete(event: Exclude<NewEvent, { type: "gift" }> | null): Draft | null;
function complete(event: Exclude<NewEvent, { type: "gift" }> | null): Draft | null {
  return event === null ? null : { event, claim: null };
}
