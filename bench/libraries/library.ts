/** A message inside another: protobufjs says null where it is absent, ts-proto and protobuf-es undefined. */
type Sub<T> = T | null | undefined;

/** The objects that the libraries make of `proto/*.proto`, as far as events need them. `L` is how a library gives a 64-bit integer. */
export interface Response<L> {
  messages: Message<L>[];
  internalExt: string;
  needAck: boolean;
}
export interface Message<L> {
  method: string;
  payload: Uint8Array;
  msgId: L;
}
export interface Common<L> {
  msgId: L;
  roomId: L;
  createTime: L;
  describe: string;
  displayText?: Sub<Text<L>>;
  user?: Sub<User<L>>;
}
export interface Image {
  urlList: string[];
  content?: Sub<{ name: string; alternativeText: string }>;
}
export interface User<L> {
  id: L;
  shortId: L;
  nickname: string;
  gender: number;
  avatarThumb?: Sub<Image>;
  payGrade?: Sub<{ level: L }>;
  followInfo?: Sub<{ followerCount: L; followingCount: L; followStatus: L }>;
  fansClub?: Sub<{ data?: Sub<Club>; preferData: { key: number; value?: Sub<Club> }[] }>;
  userAttr?: Sub<{ isAdmin: boolean; isSuperAdmin: boolean }>;
  displayId: string;
  secUid: string;
  desensitizedNickname: string;
  webcastUid: string;
  idStr: string;
}
export interface Club {
  clubName: string;
  level: number;
  userFansClubStatus: number;
}
export interface PublicArea<L> {
  userLabel?: Sub<Image>;
  userConsumeInRoom: L;
  userSendGiftCntInRoom: L;
}
export interface Text<L> {
  defaultPattern: string;
  pieces: TextPiece<L>[];
}
export interface TextPiece<L> {
  stringValue: string;
  userValue?: Sub<{ user?: Sub<User<L>>; withColon: boolean }>;
  giftValue?: Sub<{ nameRef?: Sub<{ defaultPattern: string }> }>;
  patternRefValue?: Sub<{ defaultPattern: string }>;
  imageValue?: Sub<{ image?: Sub<Image> }>;
}
interface Enveloped<L> {
  common?: Sub<Common<L>>;
}
interface Public<L> extends Enveloped<L> {
  publicAreaCommon?: Sub<PublicArea<L>>;
}
export interface ChatMessage<L> extends Public<L> {
  user?: Sub<User<L>>;
  content: string;
  eventTime: L;
  chatBy: L;
  rtfContent?: Sub<Text<L>>;
  rtfContentV2?: Sub<Text<L>>;
}
export interface EmojiChatMessage<L> extends Public<L> {
  user?: Sub<User<L>>;
  emojiContent?: Sub<Text<L>>;
  defaultContent: string;
}
export interface MemberMessage<L> extends Public<L> {
  user?: Sub<User<L>>;
  memberCount: L;
  action: L;
  userId: L;
  userEnterTipType: L;
}
export interface LikeMessage<L> extends Public<L> {
  user?: Sub<User<L>>;
  count: L;
  total: L;
}
export interface SocialMessage<L> extends Public<L> {
  user?: Sub<User<L>>;
  action: L;
  shareTarget: string;
  followCount: L;
}
export interface FansclubMessage<L> extends Public<L> {
  user?: Sub<User<L>>;
  action: number;
  content: string;
}
export interface GiftStruct<L> {
  image?: Sub<Image>;
  id: L;
  combo: boolean;
  diamondCount: number;
  name: string;
}
export interface GiftMessage<L> extends Public<L> {
  giftId: L;
  groupCount: L;
  repeatCount: L;
  comboCount: L;
  user?: Sub<User<L>>;
  toUser?: Sub<User<L>>;
  repeatEnd: number;
  groupId: L;
  gift?: Sub<GiftStruct<L>>;
  sendType: L;
  totalCount: L;
  toUserIds: L[];
  sendTime: L;
  traceId: string;
}
export interface BindingGiftMessage<L> extends Enveloped<L> {
  msg?: Sub<GiftMessage<L>>;
}
export interface LightGiftMessage<L> extends Enveloped<L> {
  sendType: L;
  groupCount: L;
  repeatCount: L;
  comboCount: L;
  toUserId: L;
  giftInfo?: Sub<{ giftId: L; giftIcon?: Sub<Image>; diamondCount: L }>;
  giftStruct?: Sub<GiftStruct<L>>;
}
export interface RoomStatsMessage<L> extends Enveloped<L> {
  displayShort: string;
  displayMiddle: string;
  displayLong: string;
  displayValue: L;
  displayType: L;
}
export interface RoomUserSeqMessage<L> extends Enveloped<L> {
  ranks: Rank<L>[];
  total: L;
  totalUser: L;
  totalUserStr: string;
  totalStr: string;
  onlineUserForAnchor: string;
  totalPvForAnchor: string;
}
export interface Rank<L> {
  user?: Sub<User<L>>;
  rank: L;
  score: L;
  exactlyScore: string;
  scoreDescription: string;
}
export interface RoomRankMessage<L> extends Enveloped<L> {
  ranks: { user?: Sub<User<L>>; scoreStr: string }[];
  audienceRanks: Rank<L>[];
}
export interface RoomMessage<L> extends Enveloped<L> {
  content: string;
}

/** One protobuf library with the code that it generated: how it decodes, and how its 64-bit integers are read exactly. */
export interface Library<L> {
  readonly response: (bytes: Uint8Array) => Response<L>;
  readonly chat: (bytes: Uint8Array) => ChatMessage<L>;
  readonly emojiChat: (bytes: Uint8Array) => EmojiChatMessage<L>;
  readonly member: (bytes: Uint8Array) => MemberMessage<L>;
  readonly like: (bytes: Uint8Array) => LikeMessage<L>;
  readonly social: (bytes: Uint8Array) => SocialMessage<L>;
  readonly fansclub: (bytes: Uint8Array) => FansclubMessage<L>;
  readonly gift: (bytes: Uint8Array) => GiftMessage<L>;
  readonly bindingGift: (bytes: Uint8Array) => BindingGiftMessage<L>;
  readonly lightGift: (bytes: Uint8Array) => LightGiftMessage<L>;
  readonly roomStats: (bytes: Uint8Array) => RoomStatsMessage<L>;
  readonly roomUserSeq: (bytes: Uint8Array) => RoomUserSeqMessage<L>;
  readonly roomRank: (bytes: Uint8Array) => RoomRankMessage<L>;
  readonly roomMessage: (bytes: Uint8Array) => RoomMessage<L>;
  readonly adaptation: (bytes: Uint8Array) => Enveloped<L>;
  /** An id as decimal text. */
  readonly id: (value: L) => string;
  /** A count or a time as a number. */
  readonly number: (value: L) => number;
}

/** Where `scripts/bench.mjs` put the libraries' generated code, as a URL that ends with a slash. */
export const GENERATED = new URL("../../../gen/", import.meta.url);
