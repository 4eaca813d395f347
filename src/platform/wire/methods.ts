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
  LinkerContributeMessage: gen.decodeLinkerContributeMessage,
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
 * Methods that the platform is known to have and that have no event of their own, by the reason for it. They become `unknown` as they came, which
 * is no drift. Those of them that have a decoder are decoded for the simulator and for the counts of drift.
 */
export const WITHOUT_EVENT: readonly { readonly why: string; readonly methods: readonly string[] }[] = [
  {
    why: "how the page looks: effects, banners, sounds, backgrounds, the order of the gift panel",
    methods: [
      "WebcastActivityEmojiGroupsMessage",
      "WebcastAssetEffectUtilMessage",
      "WebcastAssetMessage",
      "WebcastAudioBGImgMessage",
      "WebcastDecorationModifyMethod",
      "WebcastDecorationUpdateMessage",
      "WebcastGiftSortMessage",
      "WebcastInRoomBannerMessage",
      "WebcastInRoomBannerRefreshMessage",
      "WebcastInteractEffectMessage",
      "WebcastSandwichBorderMessage",
      "WebcastTopEffectMessage",
    ],
  },
  {
    why: "seats, settings and sounds of a link: who is linked stands in `linkmic`, what a guest was given in `rank`",
    methods: [
      "WebcastAnchorLinkmicSilenceMessage",
      "WebcastGroupLiveContainerChangeMessage",
      "WebcastGroupLiveGiftRecipientRecommendMessage",
      "WebcastGroupLiveMemberChangeMessage",
      "WebcastLinkMicGuideMessage",
      "WebcastLinkMicPositionMessage",
      "WebcastLinkMicSendEmojiMessage",
      "WebcastLinkSettingNotifyMessage",
      "WebcastLinkmicEcologyMessage",
      "WebcastLinkmicEnlargeGuestMessage",
      "WebcastLinkmicPlayModeUpdateScoreMessage",
      "WebcastLinkmicPlaymodeMessage",
      "WebcastLinkmicProfitMessage",
      "WebcastLinkmicTeamfightMessage",
      "WebcastMatchAgainstScoreMessage",
      "WebcastProfitInteractionScoreMessage",
      "WebcastResidentGuestMessage",
      "WebcastTogetherLiveChangeMemberMessage",
    ],
  },
  {
    why: "cards, tasks and seasons around a battle: its sides and scores stand in `battle`",
    methods: [
      "WebcastBattleEffectContainerMessage",
      "WebcastBattleEndPunishMessage",
      "WebcastBattleMultiMatchMessage",
      "WebcastBattlePowerContainerMessage",
      "WebcastBattleSeasonPKResultMessage",
      "WebcastBattleTeamTaskMessage",
    ],
  },
  {
    why: "games, songs, votes and tasks beside the broadcast, in forms of their own that no capture shows filled",
    methods: [
      "WebcastEpisodeChatMessage",
      "WebcastGameAncAudEntranceMessage",
      "WebcastGameCPAnchorPromoteInfoMessage",
      "WebcastGameCPBaseMessage",
      "WebcastGameCPUserDownloadMessage",
      "WebcastGameStatusMessage",
      "WebcastGiftSingMessage",
      "WebcastGiftVoteMessage",
      "WebcastGrowthTaskMessage",
      "WebcastInteractOpenAppStatusMessage",
      "WebcastKTVPlayModeStartMessage",
      "WebcastKTVSingerHotRankPosMessage",
      "WebcastKTVUserSingingHotMessage",
      "WebcastKtvMessage",
      "WebcastLinkMicAudienceKtvMessage",
      "WebcastLinkmicOrderSingMessage",
      "WebcastLinkmicOrderSingScoreMessage",
      "WebcastProfitGameStatusMessage",
      "WebcastQuizAudienceStatusMessage",
      "WebcastStampMessage",
    ],
  },
  {
    why: "coupons and counters of a shop, without the goods: goods stand in `product`",
    methods: [
      "WebcastCommerceMessage",
      "WebcastDataLifeLiveMessage",
      "WebcastEcomFansClubMessage",
      "WebcastLiveEcomGeneralMessage",
      "WebcastLiveEcomMessage",
      "WebcastShelfTradeDataMessage",
    ],
  },
  {
    why: "ranks of an hour, a day or a region, over many rooms: those of the room stand in `rank`",
    methods: [
      "WebcastRankListAwardMessage",
      "WebcastRanklistHourEntranceMessage",
      "WebcastSunDailyRankMessage",
      "WebcastSunDailyRegionRankMessage",
    ],
  },
  {
    why: "for the viewer who watches, or the anchor: rights, guides, reminders, their own income",
    methods: [
      "WebcastAudienceEntranceMessage",
      "WebcastBrokerNotifyMessage",
      "WebcastCommonCardAreaMessage",
      "WebcastCornerReachMessage",
      "WebcastCustomizedCardMessage",
      "WebcastDoubleLikeTopUserMessage",
      "WebcastFeedbackCardMessage",
      "WebcastLowPcuGuideMessage",
      "WebcastLuckyBoxTempStatusMessage",
      "WebcastPortalMessage",
      "WebcastPrizeNoticeMessage",
      "WebcastTempStateAreaReachMessage",
      "WebcastUpdateFanTicketMessage",
      "WebcastUserPrivilegeChangeMessage",
    ],
  },
  {
    why: "the stream and the room: picture, kind, rights, neighbours",
    methods: [
      "WebcastBackupSEIMessage",
      "WebcastHotRoomMessage",
      "WebcastPullStreamUpdateMessage",
      "WebcastRoomAuthMessage",
      "WebcastRoomStreamAdaptationMessage",
      "WebcastRoomTopMessage",
      "WebcastRoomVerifyMessage",
      "WebcastSyncStreamMessage",
      "WebcastVisibilityRangeChangeMessage",
    ],
  },
  {
    why: "of chats that stand in `chat` already: how often one was liked, which are repeated, which is proposed for the top; what is pinned stands in `pin`",
    methods: ["WebcastChatLikeMessage", "WebcastCommonTextMessage", "WebcastHighlightComment", "WebcastHotChatMessage"],
  },
  {
    why: "which gifts are on the panel: what is given stands in `gift`",
    methods: ["WebcastGiftIconFlashMessage", "WebcastGiftUpdateMessage"],
  },
];

/** Methods that the platform is known to have and that we have no decoder for. */
export const KNOWN_METHODS: ReadonlySet<string> = new Set(
  WITHOUT_EVENT.flatMap(({ methods }) => methods).filter((name) => !METHODS.has(name)),
);
