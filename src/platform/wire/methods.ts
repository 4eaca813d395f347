import * as gen from "./gen/index.js";
import type { Reader } from "./reader.js";

/** Decoder of each business message that we read, by the message's name in proto/. */
const DECODERS = {
  AudioChatMessage: gen.decodeAudioChatMessage,
  BindingGiftMessage: gen.decodeBindingGiftMessage,
  ChatLikeMessage: gen.decodeChatLikeMessage,
  ChatMessage: gen.decodeChatMessage,
  CommonToastMessage: gen.decodeCommonToastMessage,
  ControlMessage: gen.decodeControlMessage,
  DoodleGiftMessage: gen.decodeDoodleGiftMessage,
  EmojiChatMessage: gen.decodeEmojiChatMessage,
  ExhibitionChatMessage: gen.decodeExhibitionChatMessage,
  FansclubMessage: gen.decodeFansclubMessage,
  GiftMessage: gen.decodeGiftMessage,
  ImDeleteMessage: gen.decodeImDeleteMessage,
  InRoomBannerMessage: gen.decodeInRoomBannerMessage,
  LightGiftMessage: gen.decodeLightGiftMessage,
  LikeMessage: gen.decodeLikeMessage,
  LinkMessage: gen.decodeLinkMessage,
  LinkMicArmies: gen.decodeLinkMicArmies,
  LinkMicBattle: gen.decodeLinkMicBattle,
  LinkMicBattleFinish: gen.decodeLinkMicBattleFinish,
  LinkMicMethod: gen.decodeLinkMicMethod,
  LiveShoppingMessage: gen.decodeLiveShoppingMessage,
  LotteryDrawResultEventMessage: gen.decodeLotteryDrawResultEventMessage,
  LotteryEventNewMessage: gen.decodeLotteryEventNewMessage,
  LowPcuGuideMessage: gen.decodeLowPcuGuideMessage,
  LuckyBoxEndMessage: gen.decodeLuckyBoxEndMessage,
  LuckyBoxMessage: gen.decodeLuckyBoxMessage,
  LuckyBoxRewardMessage: gen.decodeLuckyBoxRewardMessage,
  MemberMessage: gen.decodeMemberMessage,
  NoticeMessage: gen.decodeNoticeMessage,
  NotifyEffectMessage: gen.decodeNotifyEffectMessage,
  NotifyMessage: gen.decodeNotifyMessage,
  PrivilegeScreenChatMessage: gen.decodePrivilegeScreenChatMessage,
  ProductChangeMessage: gen.decodeProductChangeMessage,
  RanklistHourEntranceMessage: gen.decodeRanklistHourEntranceMessage,
  ResidentGuestMessage: gen.decodeResidentGuestMessage,
  RoomDataSyncMessage: gen.decodeRoomDataSyncMessage,
  RoomIntroMessage: gen.decodeRoomIntroMessage,
  RoomMessage: gen.decodeRoomMessage,
  RoomRankMessage: gen.decodeRoomRankMessage,
  RoomStatsMessage: gen.decodeRoomStatsMessage,
  RoomStreamAdaptationMessage: gen.decodeRoomStreamAdaptationMessage,
  RoomUserSeqMessage: gen.decodeRoomUserSeqMessage,
  ScreenChatMessage: gen.decodeScreenChatMessage,
  SocialMessage: gen.decodeSocialMessage,
  ToastMessage: gen.decodeToastMessage,
} as const satisfies Record<string, (r: Reader, end: number) => unknown>;

/** Name of a business message that we read. */
export type MessageName = keyof typeof DECODERS;

/** A business message and its name. */
export type Decoded = { [K in MessageName]: { kind: K; message: ReturnType<(typeof DECODERS)[K]> } }[MessageName];

/** Reading of the payload of one method. */
export interface Method {
  /** Name of the message in proto/. */
  readonly name: MessageName;
  readonly decode: (r: Reader, end: number) => Decoded["message"];
}

/** Methods whose message is not named as the method without `Webcast`. */
const ALIASES: Readonly<Record<string, MessageName>> = {
  WebcastRoomNotifyMessage: "NotifyMessage",
  LinkMicMethod: "LinkMicMethod",
  WebcastLinkMicBattleFinishMethod: "LinkMicBattleFinish",
  WebcastLinkMicBattleMethod: "LinkMicBattle",
  WebcastLinkMicArmiesMethod: "LinkMicArmies",
  WebcastCommonDotMessage: "CommonToastMessage",
};

/** The messages that no method of their own name carries. */
const ALIASED_ONLY: ReadonlySet<MessageName> = new Set(["LinkMicArmies", "LinkMicBattle", "LinkMicBattleFinish", "NotifyMessage"]);

/** Every method that we read → its message. */
export const METHODS: ReadonlyMap<string, Method> = new Map([
  ...(Object.keys(DECODERS) as MessageName[])
    .filter((name) => !ALIASED_ONLY.has(name))
    .map((name) => [`Webcast${name}`, method(name)] as const),
  ...Object.entries(ALIASES).map(([alias, name]) => [alias, method(name)] as const),
]);

/** Returns whether the platform is known to have this method, read by us or not. */
export function isKnownMethod(name: string): boolean {
  return METHODS.has(name) || KNOWN_METHODS.has(name);
}

function method(name: MessageName): Method {
  return { name, decode: DECODERS[name] };
}

/**
 * Methods that the platform is known to have and that we have no decoder for. They become events of type `unknown` like any
 * other, but are no drift.
 */
export const KNOWN_METHODS: ReadonlySet<string> = new Set([
  "WebcastActivityEmojiGroupsMessage",
  "WebcastAnchorLinkmicSilenceMessage",
  "WebcastAssetEffectUtilMessage",
  "WebcastAssetMessage",
  "WebcastAudienceEntranceMessage",
  "WebcastAudioBGImgMessage",
  "WebcastBackupSEIMessage",
  "WebcastBattleEffectContainerMessage",
  "WebcastBattleEndPunishMessage",
  "WebcastBattleMultiMatchMessage",
  "WebcastBattlePowerContainerMessage",
  "WebcastBattleSeasonPKResultMessage",
  "WebcastBattleTeamTaskMessage",
  "WebcastBrokerNotifyMessage",
  "WebcastCommerceMessage",
  "WebcastCommonCardAreaMessage",
  "WebcastCommonTextMessage",
  "WebcastCornerReachMessage",
  "WebcastCustomizedCardMessage",
  "WebcastDataLifeLiveMessage",
  "WebcastDecorationModifyMethod",
  "WebcastDecorationUpdateMessage",
  "WebcastDoubleLikeTopUserMessage",
  "WebcastEcomFansClubMessage",
  "WebcastEpisodeChatMessage",
  "WebcastFeedbackCardMessage",
  "WebcastGameAncAudEntranceMessage",
  "WebcastGameCPAnchorPromoteInfoMessage",
  "WebcastGameCPBaseMessage",
  "WebcastGameCPUserDownloadMessage",
  "WebcastGameStatusMessage",
  "WebcastGiftIconFlashMessage",
  "WebcastGiftSingMessage",
  "WebcastGiftSortMessage",
  "WebcastGiftUpdateMessage",
  "WebcastGiftVoteMessage",
  "WebcastGroupLiveContainerChangeMessage",
  "WebcastGroupLiveGiftRecipientRecommendMessage",
  "WebcastGroupLiveMemberChangeMessage",
  "WebcastGrowthTaskMessage",
  "WebcastHighlightComment",
  "WebcastHotChatMessage",
  "WebcastHotRoomMessage",
  "WebcastInRoomBannerRefreshMessage",
  "WebcastInteractEffectMessage",
  "WebcastInteractOpenAppStatusMessage",
  "WebcastKTVPlayModeStartMessage",
  "WebcastKTVSingerHotRankPosMessage",
  "WebcastKTVUserSingingHotMessage",
  "WebcastKtvMessage",
  "WebcastLinkMicAudienceKtvMessage",
  "WebcastLinkMicGuideMessage",
  "WebcastLinkMicPositionMessage",
  "WebcastLinkMicSendEmojiMessage",
  "WebcastLinkSettingNotifyMessage",
  "WebcastLinkerContributeMessage",
  "WebcastLinkmicEcologyMessage",
  "WebcastLinkmicEnlargeGuestMessage",
  "WebcastLinkmicOrderSingMessage",
  "WebcastLinkmicOrderSingScoreMessage",
  "WebcastLinkmicPlayModeUpdateScoreMessage",
  "WebcastLinkmicPlaymodeMessage",
  "WebcastLinkmicProfitMessage",
  "WebcastLinkmicTeamfightMessage",
  "WebcastLiveEcomGeneralMessage",
  "WebcastLiveEcomMessage",
  "WebcastLuckyBoxTempStatusMessage",
  "WebcastMatchAgainstScoreMessage",
  "WebcastPortalMessage",
  "WebcastPrizeNoticeMessage",
  "WebcastProfitGameStatusMessage",
  "WebcastProfitInteractionScoreMessage",
  "WebcastPullStreamUpdateMessage",
  "WebcastQuizAudienceStatusMessage",
  "WebcastRankListAwardMessage",
  "WebcastRoomAuthMessage",
  "WebcastRoomTopMessage",
  "WebcastRoomVerifyMessage",
  "WebcastSandwichBorderMessage",
  "WebcastShelfTradeDataMessage",
  "WebcastStampMessage",
  "WebcastSunDailyRankMessage",
  "WebcastSunDailyRegionRankMessage",
  "WebcastSyncStreamMessage",
  "WebcastTempStateAreaReachMessage",
  "WebcastTogetherLiveChangeMemberMessage",
  "WebcastTopEffectMessage",
  "WebcastUpdateFanTicketMessage",
  "WebcastUserPrivilegeChangeMessage",
  "WebcastVisibilityRangeChangeMessage",
]);
