import type { Drift } from "./drift.js";
import { type Common, decodeCommon } from "./gen/common.js";
import { DECODERS } from "./gen/decoders.js";
import { type Lazy, Reader, WireError, type WireErrorCode } from "./reader.js";

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

/** Methods, without `Webcast`, whose message has another name. */
const NAMED_OTHERWISE: Readonly<Record<string, MessageName>> = {
  RoomNotifyMessage: "NotifyMessage",
  LinkMicBattleFinishMethod: "LinkMicBattleFinish",
  LinkMicBattleMethod: "LinkMicBattle",
  LinkMicArmiesMethod: "LinkMicArmies",
  CommonDotMessage: "CommonToastMessage",
};

/** The messages that no method of their own name carries. */
const ALIASED_ONLY: ReadonlySet<MessageName> = new Set(["LinkMicArmies", "LinkMicBattle", "LinkMicBattleFinish", "NotifyMessage"]);

/** Returns a method without `Webcast`: the platform sends each method with and without it (facts/changes-2026.md 7). */
function bare(method: string): string {
  return method.replace(/^Webcast/, "");
}

/** Returns the two names under which the platform sends a method. Tables hold both, so that a look-up makes no new string. */
export function namesOf(method: string): readonly [string, string] {
  return [`Webcast${bare(method)}`, bare(method)];
}

/** Every method that we read, under both its names → its message. */
export const METHODS: ReadonlyMap<string, Method> = new Map(
  [
    ...(Object.keys(DECODERS) as MessageName[]).filter((name) => !ALIASED_ONLY.has(name)).map((name) => [name, name] as const),
    ...Object.entries(NAMED_OTHERWISE),
  ].flatMap(([method, name]) => namesOf(method).map((one) => [one, { name, decode: DECODERS[name] }] as const)),
);

/** Returns whether the platform is known to have this method, read by us or not. */
export function isKnownMethod(name: string): boolean {
  return METHODS.has(name) || KNOWN_METHODS.has(name);
}

/**
 * Returns the method that a file is named after; publishers write names with other capitals and endings. Null when it looks like no method.
 */
export function methodNamed(name: string): string | null {
  if (!/^[A-Za-z]+(Message|Method|Comment)$/.test(name)) return null;
  const stem = bare(name).replace(/(Message|Method)$/, "");
  const spellings = new Set([bare(name), stem, `${stem}Message`, `${stem}Method`].map((one) => one.toLowerCase()));
  for (const known of [...METHODS.keys(), ...KNOWN_METHODS]) if (spellings.has(bare(known).toLowerCase())) return known;
  return `Webcast${bare(name)}`;
}

/** Methods that only people cause. Others go on in a room that has stalled (facts/protocol.md 4.3, low-value methods). */
const INTERACTIVE: ReadonlySet<string> = new Set(
  [
    ...["Chat", "EmojiChat", "ScreenChat", "PrivilegeScreenChat", "AudioChat", "ExhibitionChat"],
    ...["Gift", "LightGift", "BindingGift", "DoodleGift", "Like", "Member", "Social", "Fansclub"],
  ].flatMap((name) => namesOf(`${name}Message`)),
);

/** Returns whether only people cause messages of this method. */
export function isInteractive(method: string): boolean {
  return INTERACTIVE.has(method);
}

/** Returns whether messages of this method are of members of the room, which tell some follows and shares once more. */
export function isMember(method: string): boolean {
  return METHODS.get(method)?.name === "MemberMessage";
}

/**
 * Methods, without `Webcast`, that the platform is known to have and that have no event of their own, by the reason for it. They become `unknown` as they came, which
 * is no drift. Those of them that have a decoder are decoded for the simulator and for the counts of drift.
 */
export const WITHOUT_EVENT: readonly { readonly why: string; readonly methods: readonly string[] }[] = [
  {
    why: "how the page looks: effects, banners, sounds, backgrounds, the order of the gift panel",
    methods: [
      "ActivityEmojiGroupsMessage",
      "AssetEffectUtilMessage",
      "AssetMessage",
      "AudioBGImgMessage",
      "DecorationModifyMethod",
      "DecorationUpdateMessage",
      "GiftSortMessage",
      "InRoomBannerMessage",
      "InRoomBannerRefreshMessage",
      "InteractEffectMessage",
      "SandwichBorderMessage",
      "TopEffectMessage",
    ],
  },
  {
    why: "seats, settings and sounds of a link: who is linked stands in `linkmic`, what a guest was given in `rank`",
    methods: [
      "AnchorLinkmicSilenceMessage",
      "GroupLiveContainerChangeMessage",
      "GroupLiveGiftRecipientRecommendMessage",
      "GroupLiveMemberChangeMessage",
      "LinkMicGuideMessage",
      "LinkMicPositionMessage",
      "LinkMicSendEmojiMessage",
      "LinkSettingNotifyMessage",
      "LinkmicEcologyMessage",
      "LinkmicEnlargeGuestMessage",
      "LinkmicPlayModeUpdateScoreMessage",
      "LinkmicPlaymodeMessage",
      "LinkmicTeamfightMessage",
      "MatchAgainstScoreMessage",
      "ResidentGuestMessage",
      "TogetherLiveChangeMemberMessage",
    ],
  },
  {
    why: "cards, tasks and seasons around a battle: its sides and scores stand in `battle`",
    methods: [
      "BattleEffectContainerMessage",
      "BattleEndPunishMessage",
      "BattleMultiMatchMessage",
      "BattlePowerContainerMessage",
      "BattleSeasonPKResultMessage",
      "BattleTeamTaskMessage",
    ],
  },
  {
    why: "games, songs, votes and tasks beside the broadcast, in forms of their own that no capture shows filled",
    methods: [
      "EpisodeChatMessage",
      "GameAncAudEntranceMessage",
      "GameCPAnchorPromoteInfoMessage",
      "GameCPBaseMessage",
      "GameCPUserDownloadMessage",
      "GameStatusMessage",
      "GiftSingMessage",
      "GiftVoteMessage",
      "GrowthTaskMessage",
      "InteractOpenAppStatusMessage",
      "KTVPlayModeStartMessage",
      "KTVSingerHotRankPosMessage",
      "KTVUserSingingHotMessage",
      "KtvMessage",
      "LinkMicAudienceKtvMessage",
      "LinkmicOrderSingMessage",
      "LinkmicOrderSingScoreMessage",
      "ProfitGameStatusMessage",
      "QuizAudienceStatusMessage",
      "StampMessage",
    ],
  },
  {
    why: "coupons and counters of a shop, without the goods: goods stand in `product`",
    methods: [
      "CommerceMessage",
      "DataLifeLiveMessage",
      "EcomFansClubMessage",
      "LiveEcomGeneralMessage",
      "LiveEcomMessage",
      "ShelfTradeDataMessage",
    ],
  },
  {
    why: "ranks of an hour, a day or a region, over many rooms: those of the room stand in `rank`",
    methods: ["RankListAwardMessage", "RanklistHourEntranceMessage", "SunDailyRankMessage", "SunDailyRegionRankMessage"],
  },
  {
    why: "for the viewer who watches, or the anchor: rights, guides, reminders, their own income",
    methods: [
      "AudienceEntranceMessage",
      "BrokerNotifyMessage",
      "CommonCardAreaMessage",
      "CornerReachMessage",
      "CustomizedCardMessage",
      "FeedbackCardMessage",
      "LowPcuGuideMessage",
      "LuckyBoxTempStatusMessage",
      "PortalMessage",
      "PrizeNoticeMessage",
      "TempStateAreaReachMessage",
      "UserPrivilegeChangeMessage",
    ],
  },
  {
    why: "the stream and the room: picture, kind, rights, neighbours",
    methods: [
      "BackupSEIMessage",
      "HotRoomMessage",
      "PullStreamUpdateMessage",
      "RoomAuthMessage",
      "RoomStreamAdaptationMessage",
      "RoomTopMessage",
      "RoomVerifyMessage",
      "SyncStreamMessage",
      "VisibilityRangeChangeMessage",
    ],
  },
  {
    why: "of chats that stand in `chat` already: how often one was liked, which are repeated, which is proposed for the top; what is pinned stands in `pin`",
    methods: ["ChatLikeMessage", "CommonTextMessage", "HighlightComment", "HotChatMessage"],
  },
  {
    why: "which gifts are on the panel: what is given stands in `gift`",
    methods: ["GiftIconFlashMessage", "GiftUpdateMessage"],
  },
];

/** Methods that the platform is known to have and that we have no decoder for. */
export const KNOWN_METHODS: ReadonlySet<string> = new Set(
  WITHOUT_EVENT.flatMap(({ methods }) => methods.flatMap(namesOf)).filter((name) => !METHODS.has(name)),
);

/** Why a payload could not be read; `internal` is a fault of ours. */
export type FailureCode = WireErrorCode | "internal";

/** A payload that could not be read. */
export interface Failed {
  kind: "failed";
  failed: FailureCode;
}

/** Most bytes of one message's payload that are read: the largest real ones (rank lists) have some 100 KB. */
const MAX_PAYLOAD_BYTES = 1024 * 1024;

/**
 * Reads the payload of a business message. Never throws: what cannot be read is counted and reported.
 * Null when we have no decoder for the method; one that the platform is not known to have is counted as drift.
 */
export function decodePayload(method: string, payload: Uint8Array, drift: Drift): Decoded | Failed | null {
  const known = METHODS.get(method);
  if (known === undefined) {
    if (!isKnownMethod(method)) drift.unknownMethod(method);
    return null;
  }
  try {
    if (payload.length > MAX_PAYLOAD_BYTES) throw new WireError("too_large");
    // The table pairs each name with the decoder of that name, which is what makes the pair a Decoded.
    return { kind: known.name, message: known.decode(new Reader(payload, drift), payload.length) } as Decoded;
  } catch (error) {
    return { kind: "failed", failed: count(error, drift) };
  }
}

/**
 * Decodes a [lazy] field with the decoder of its message, for instance `decodeLazy(common.displayText, decodeText, drift)`.
 * Null when absent or malformed; the latter is counted.
 */
export function decodeLazy<T>(lazy: Lazy | null, decoder: (r: Reader, end: number) => T, drift: Drift): T | null {
  if (lazy === null) return null;
  try {
    const reader = new Reader(lazy.bytes, drift);
    reader.pos = lazy.start;
    return decoder(reader, lazy.end);
  } catch (error) {
    count(error, drift);
    return null;
  }
}

/** Decodes a message that lies in a `bytes` field. Null when it is malformed, which is counted. */
export function decodeBytes<T>(bytes: Uint8Array, decoder: (r: Reader, end: number) => T, drift: Drift): T | null {
  return decodeLazy({ bytes, start: 0, end: bytes.length }, decoder, drift);
}

/**
 * Reads the envelope of a payload that we have no decoder for: nearly every business message has it as field 1, beginning with the
 * method. Null when what is there names another method or none, which is no envelope (im.PreviewCjRpMessage), or when the bytes are
 * malformed; nothing is counted, since the method's schema is not known to us.
 */
export function peekCommon(method: string, payload: Uint8Array): Common | null {
  try {
    const reader = new Reader(payload);
    while (reader.pos < payload.length) {
      const tag = reader.tag();
      if (tag !== 10) {
        reader.unknown("", tag);
        continue;
      }
      const end = reader.sub();
      const start = reader.pos;
      if (reader.tag() !== 10 || bare(reader.string()) !== bare(method)) return null;
      reader.pos = start;
      return decodeCommon(reader, end);
    }
  } catch {
    // Another schema than we assumed.
  }
  return null;
}

function count(error: unknown, drift: Drift): FailureCode {
  const code = error instanceof WireError ? error.code : "internal";
  drift.failed(code);
  return code;
}
