import { type Claim, comboId, type Draft, short } from "../src/events/combo.js";
import type { NewEvent, NewEventOf, RankEntry, Segment, User } from "../src/events/event.js";
import { platformTime, toMillis } from "../src/platform/messages/head.js";
import { clean, countOrNull, httpsOrNull, idOrNull, LONG, SHORT, textOrNull } from "../src/platform/messages/text.js";
import type * as lib from "./libraries/library.js";

/** Where a batch came from. */
export interface Origin {
  readonly room: number;
  readonly webRid: string | null;
  readonly sessionId: string | null;
  readonly anchorId: string | null;
  readonly receivedAt: number;
  readonly source: NewEvent["source"];
}

type Person<L> = lib.User<L> | null | undefined;
type GiftEvent = NewEventOf<"gift">;
type Complete = Exclude<NewEvent, { type: "gift" }>;
interface Head {
  readonly id: string;
  readonly time: number;
  readonly estimated: boolean;
}

const MASKED = "111111";
const MYSTERY = "神秘人";
const LABEL = /\/userlabel_([a-z0-9_]{1,40})[.~]/;
const MAX_UNITS = 10_000_000;
const SHARE_TARGETS: Readonly<Record<string, string>> = { 1: "wechat", 2: "moments", 3: "weibo", 4: "qzone", 5: "qq", 112: "douyin" };

/**
 * From messages to events, written straight onto the objects of one protobuf library, as a user of that library would. It knows the
 * methods of the corpus only. Rules that no library has (text bounds, times, names of combos) are dylive's own functions.
 */
export function makeNormaliser<L>(library: lib.Library<L>): (response: lib.Response<L>, origin: Origin) => Draft[] {
  const { id, number } = library;

  return (response, origin) => {
    const drafts: Draft[] = [];
    for (const message of response.messages) drafts.push(draft(message, origin));
    return drafts;
  };

  function draft(message: lib.Message<L>, origin: Origin): Draft {
    const { method, payload } = message;
    switch (method) {
      case "WebcastChatMessage":
        return complete(chat(library.chat(payload), message, origin));
      case "WebcastMemberMessage":
        return complete(member(library.member(payload), message, origin));
      case "WebcastLikeMessage":
        return complete(like(library.like(payload), message, origin));
      case "WebcastGiftMessage":
        return gift(library.gift(payload), "gift", message, origin);
      case "WebcastSocialMessage":
        return complete(social(library.social(payload), message, origin));
      case "WebcastRoomStatsMessage":
        return complete(roomStats(library.roomStats(payload), message, origin));
      case "WebcastEmojiChatMessage":
        return complete(emojiChat(library.emojiChat(payload), message, origin));
      case "WebcastFansclubMessage":
        return complete(fansclub(library.fansclub(payload), message, origin));
      case "WebcastRoomUserSeqMessage":
        return complete(roomUserSeq(library.roomUserSeq(payload), message, origin));
      case "WebcastRoomRankMessage":
        return complete(roomRank(library.roomRank(payload), message, origin));
      case "WebcastRoomMessage":
        return complete(roomMessage(library.roomMessage(payload), message, origin));
      case "WebcastBindingGiftMessage":
        return bindingGift(library.bindingGift(payload), message, origin);
      case "WebcastLightGiftMessage":
        return lightGift(library.lightGift(payload), message, origin);
      case "WebcastRoomStreamAdaptationMessage":
        return complete(unknown(toHead(message, library.adaptation(payload).common, 0, origin), message, origin));
      default:
        throw new TypeError(`the bench's normaliser does not know ${method}`);
    }
  }

  function toHead(message: lib.Message<L>, common: lib.Common<L> | null | undefined, ownTime: number, origin: Origin): Head {
    const created = common ? toMillis(number(common.createTime)) : 0;
    const { time, estimated } = platformTime(created !== 0 ? created : ownTime, id(message.msgId), origin.receivedAt);
    const own = id(common?.msgId ?? message.msgId);
    return { id: message.method === "WebcastChatMessage" ? own : `${own}:${message.method}`, time, estimated };
  }

  function uid(from: lib.User<L>): string {
    const own = id(from.id);
    return own !== "0" || !/^\d{1,20}$/.test(from.idStr) ? own : from.idStr;
  }

  function isMasked(from: Person<L>): boolean {
    if (!from) return false;
    return uid(from) === MASKED || (from.secUid === "" && from.displayId === "" && from.nickname.startsWith(MYSTERY));
  }

  function toUser(from: Person<L>, origin: Origin, area?: lib.PublicArea<L> | null): User {
    if (!from) return stranger("0", origin);
    const own = uid(from);
    const masked = isMasked(from);
    const level = from.payGrade ? number(from.payGrade.level) : 0;
    const club = from.fansClub?.data;
    const user: User = {
      id: masked || own === "0" ? null : own,
      secUid: textOrNull(from.secUid, SHORT),
      displayId: textOrNull(from.displayId, SHORT),
      shortId: idOrNull(id(from.shortId)),
      nickname: textOrNull(from.nickname || from.desensitizedNickname, SHORT),
      avatar: from.avatarThumb ? httpsOrNull(firstUrl(from.avatarThumb)) : null,
      gender: from.gender === 1 ? "male" : from.gender === 2 ? "female" : null,
      payLevel: level > 0 && level <= 1000 ? level : null,
      fansClub: club && club.level > 0 ? membership(club) : null,
      isAdmin: from.userAttr ? from.userAttr.isAdmin || from.userAttr.isSuperAdmin : false,
      isAnchor: own === origin.anchorId && own !== "0" && !masked,
      masked,
    };
    if (from.webcastUid !== "") user.webcastUid = clean(from.webcastUid, SHORT);
    const worn = from.fansClub?.preferData.find(({ key }) => key === 1)?.value;
    if (worn && worn.level > 0) user.wornClub = { name: textOrNull(worn.clubName, SHORT), level: worn.level };
    const follow = from.followInfo;
    if (follow) {
      const [followers, following, status] = [number(follow.followerCount), number(follow.followingCount), number(follow.followStatus)];
      if (followers > 0) user.followers = followers;
      if (following > 0) user.following = following;
      if (status > 0) user.followStatus = status;
    }
    if (area) {
      const [diamonds, gifts] = [number(area.userConsumeInRoom), number(area.userSendGiftCntInRoom)];
      if (diamonds > 0) user.roomDiamonds = diamonds;
      if (gifts > 0) user.roomGifts = gifts;
      const label = area.userLabel ? LABEL.exec(firstUrl(area.userLabel))?.[1] : undefined;
      if (label !== undefined) user.label = label;
    }
    return user;
  }

  function membership({ clubName, level, userFansClubStatus }: lib.Club): User["fansClub"] {
    const name = textOrNull(clubName, SHORT);
    return userFansClubStatus === 2 ? { name, level, lapsed: true } : { name, level };
  }

  function chat(message: lib.ChatMessage<L>, envelope: lib.Message<L>, origin: Origin): NewEvent {
    const { id, time, estimated } = toHead(envelope, message.common, toMillis(number(message.eventTime)), origin);
    const content = clean(message.content, LONG);
    const rich = segmentsOf(message.rtfContentV2 ?? message.rtfContent, "");
    const isRich = content === "" || rich.some((segment) => "emoji" in segment);
    const event: NewEventOf<"chat"> = {
      id,
      room: origin.room,
      webRid: origin.webRid,
      sessionId: origin.sessionId,
      method: envelope.method,
      type: "chat",
      time,
      receivedAt: origin.receivedAt,
      source: origin.source,
      revision: 0,
      user: toUser(message.user ?? message.common?.user, origin, message.publicAreaCommon),
      text: content === "" ? plain(rich) : content,
      kind: "text",
      segments: isRich ? rich : [{ text: content }],
      luckyBag: number(message.chatBy) === 9,
    };
    if (estimated) event.timeEstimated = true;
    return event;
  }

  function emojiChat(message: lib.EmojiChatMessage<L>, envelope: lib.Message<L>, origin: Origin): NewEvent {
    const { id, time, estimated } = toHead(envelope, message.common, 0, origin);
    const fallback = clean(message.defaultContent, LONG);
    const segments = segmentsOf(message.emojiContent, fallback);
    const event: NewEventOf<"chat"> = {
      id,
      room: origin.room,
      webRid: origin.webRid,
      sessionId: origin.sessionId,
      method: envelope.method,
      type: "chat",
      time,
      receivedAt: origin.receivedAt,
      source: origin.source,
      revision: 0,
      user: toUser(message.user ?? message.common?.user, origin, message.publicAreaCommon),
      text: fallback === "" ? plain(segments) : fallback,
      kind: "emoji",
      segments,
      luckyBag: false,
    };
    if (estimated) event.timeEstimated = true;
    return event;
  }

  function member(message: lib.MemberMessage<L>, envelope: lib.Message<L>, origin: Origin): NewEvent {
    const head = toHead(envelope, message.common, 0, origin);
    if (number(message.action) !== 1) return unknown(head, envelope, origin);
    const count = number(message.memberCount);
    const event: NewEventOf<"join"> = {
      id: head.id,
      room: origin.room,
      webRid: origin.webRid,
      sessionId: origin.sessionId,
      method: envelope.method,
      type: "join",
      time: head.time,
      receivedAt: origin.receivedAt,
      source: origin.source,
      revision: 0,
      user: message.user ? toUser(message.user, origin, message.publicAreaCommon) : stranger(id(message.userId), origin),
      memberCount: countOrNull(count),
      via: number(message.userEnterTipType) === 6 ? "share" : null,
    };
    if (head.estimated) event.timeEstimated = true;
    return event;
  }

  function like(message: lib.LikeMessage<L>, envelope: lib.Message<L>, origin: Origin): NewEvent {
    const { id, time, estimated } = toHead(envelope, message.common, 0, origin);
    const event: NewEventOf<"like"> = {
      id,
      room: origin.room,
      webRid: origin.webRid,
      sessionId: origin.sessionId,
      method: envelope.method,
      type: "like",
      time,
      receivedAt: origin.receivedAt,
      source: origin.source,
      revision: 0,
      user: toUser(message.user ?? message.common?.user, origin, message.publicAreaCommon),
      count: countOrNull(number(message.count)) ?? 0,
      total: countOrNull(number(message.total)),
    };
    if (estimated) event.timeEstimated = true;
    return event;
  }

  function social(message: lib.SocialMessage<L>, envelope: lib.Message<L>, origin: Origin): NewEvent {
    const head = toHead(envelope, message.common, 0, origin);
    const action = number(message.action);
    if (action !== 1 && action !== 3) return unknown(head, envelope, origin);
    const user = toUser(message.user ?? message.common?.user, origin, message.publicAreaCommon);
    const event: NewEventOf<"follow" | "share"> =
      action === 1
        ? {
            id: head.id,
            room: origin.room,
            webRid: origin.webRid,
            sessionId: origin.sessionId,
            method: envelope.method,
            type: "follow",
            time: head.time,
            receivedAt: origin.receivedAt,
            source: origin.source,
            revision: 0,
            user,
            followers: countOrNull(number(message.followCount)),
          }
        : {
            id: head.id,
            room: origin.room,
            webRid: origin.webRid,
            sessionId: origin.sessionId,
            method: envelope.method,
            type: "share",
            time: head.time,
            receivedAt: origin.receivedAt,
            source: origin.source,
            revision: 0,
            user,
            target: SHARE_TARGETS[message.shareTarget] ?? textOrNull(message.shareTarget, SHORT),
          };
    if (head.estimated) event.timeEstimated = true;
    return event;
  }

  function fansclub(message: lib.FansclubMessage<L>, envelope: lib.Message<L>, origin: Origin): NewEvent {
    const { id, time, estimated } = toHead(envelope, message.common, 0, origin);
    const event: NewEventOf<"fansclub"> = {
      id,
      room: origin.room,
      webRid: origin.webRid,
      sessionId: origin.sessionId,
      method: envelope.method,
      type: "fansclub",
      time,
      receivedAt: origin.receivedAt,
      source: origin.source,
      revision: 0,
      user: toUser(message.user ?? message.common?.user, origin, message.publicAreaCommon),
      action: message.action === 1 ? "upgrade" : message.action === 2 ? "join" : "other",
      text: textOrNull(message.content, LONG),
    };
    if (estimated) event.timeEstimated = true;
    return event;
  }

  function bindingGift(message: lib.BindingGiftMessage<L>, envelope: lib.Message<L>, origin: Origin): Draft {
    if (!message.msg) return complete(unknown(toHead(envelope, message.common, 0, origin), envelope, origin));
    // The wrapper's own envelope counts.
    return gift(message.msg, "binding", envelope, origin, message.common);
  }

  function gift(
    message: lib.GiftMessage<L>,
    kind: "gift" | "binding",
    envelope: lib.Message<L>,
    origin: Origin,
    wrapper?: lib.Common<L> | null,
  ): Draft {
    const common = wrapper ?? message.common;
    const head = toHead(envelope, common, kind === "gift" ? toMillis(number(message.sendTime)) : 0, origin);
    const struct = message.gift;
    const giftId = id(message.giftId);
    const groupId = id(message.groupId);
    const traceId = textOrNull(message.traceId, SHORT);
    const sender = message.user ?? common?.user;
    const { toUser: to } = message;
    const product = number(message.groupCount) * Math.max(number(message.comboCount), 1);
    const claim: Claim = {
      total: Math.min(Math.max(number(message.repeatCount), number(message.totalCount), product, 1), MAX_UNITS),
      end: message.repeatEnd === 1,
      single: groupId === "0" && (traceId === null || canCombo(message.sendType, struct).combo !== true),
    };
    const about = {
      ...canCombo(message.sendType, struct),
      id: giftId === "0" && struct ? id(struct.id) : giftId,
      name: struct ? textOrNull(struct.name, SHORT) : null,
      icon: struct?.image ? httpsOrNull(firstUrl(struct.image)) : null,
    };
    const [only] = message.toUserIds;
    const onlyId = only === undefined || message.toUserIds.length > 1 ? "0" : id(only);
    const isNamed = to && (id(to.id) !== "0" || to.nickname !== "");
    const receiver = isNamed ? toUser(to, origin) : onlyId === "0" ? null : stranger(onlyId, origin);
    const combo = comboId({
      sessionId: origin.sessionId ?? (common ? id(common.roomId) : "0"),
      sender: userKey(sender),
      giftId: about.id,
      groupId,
      traceId: traceId ?? "",
      eventId: head.id,
      receiver: userKey(to),
    });
    return giftDraft(
      head,
      envelope,
      origin,
      kind,
      toUser(sender, origin, message.publicAreaCommon),
      about,
      priceOf(struct),
      receiver,
      combo,
      traceId,
      claim,
      number(message.groupCount),
    );
  }

  function lightGift(message: lib.LightGiftMessage<L>, envelope: lib.Message<L>, origin: Origin): Draft {
    const head = toHead(envelope, message.common, 0, origin);
    const { giftInfo: info, giftStruct: struct } = message;
    const infoId = info ? id(info.giftId) : "0";
    const diamonds = info ? number(info.diamondCount) : 0;
    const about = {
      ...canCombo(message.sendType, struct),
      id: infoId !== "0" ? infoId : struct ? id(struct.id) : "0",
      name: struct ? textOrNull(struct.name, SHORT) : null,
      icon: info?.giftIcon ? httpsOrNull(firstUrl(info.giftIcon)) : struct?.image ? httpsOrNull(firstUrl(struct.image)) : null,
    };
    const sender = message.common?.user;
    const to = id(message.toUserId);
    const receiver = to === "0" ? null : stranger(to, origin);
    const combo = comboId({
      sessionId: origin.sessionId ?? (message.common ? id(message.common.roomId) : "0"),
      sender: userKey(sender),
      giftId: about.id,
      groupId: "0",
      traceId: "",
      eventId: head.id,
      receiver: to,
    });
    const product = number(message.groupCount) * Math.max(number(message.comboCount), 1);
    const claim: Claim = { total: Math.min(Math.max(number(message.repeatCount), product, 1), MAX_UNITS), end: false, single: true };
    const price = diamonds > 0 ? diamonds : priceOf(struct);
    return giftDraft(
      head,
      envelope,
      origin,
      "light",
      toUser(sender, origin),
      about,
      price,
      receiver,
      combo,
      null,
      claim,
      number(message.groupCount),
    );
  }

  function canCombo(sendType: L, struct: lib.GiftStruct<L> | null | undefined): { combo?: boolean } {
    if (number(sendType) === 4) return { combo: true };
    return !struct || (struct.name === "" && !struct.combo) ? {} : { combo: struct.combo };
  }

  function userKey(from: Person<L>): string {
    if (!from) return "0";
    const own = uid(from);
    if (own !== "0" && !isMasked(from)) return short(own);
    const other = from.webcastUid || from.secUid || from.displayId || (own === "0" || own === MASKED ? "" : own) || from.nickname;
    return other === "" ? "0" : short(`?${other}`);
  }

  function priceOf(struct: lib.GiftStruct<L> | null | undefined): number | null {
    if (!struct) return null;
    return struct.diamondCount > 0 || (struct.diamondCount === 0 && struct.name !== "") ? struct.diamondCount : null;
  }

  function roomStats(message: lib.RoomStatsMessage<L>, envelope: lib.Message<L>, origin: Origin): NewEvent {
    const head = toHead(envelope, message.common, 0, origin);
    const text = message.displayLong || message.displayMiddle || message.displayShort;
    const online = number(message.displayType) === 1 ? known(number(message.displayValue), text) : null;
    return stats(head, envelope, origin, online, null, text, "");
  }

  function roomUserSeq(message: lib.RoomUserSeqMessage<L>, envelope: lib.Message<L>, origin: Origin): NewEvent {
    const head = toHead(envelope, message.common, 0, origin);
    const onlineText = message.onlineUserForAnchor || message.totalStr;
    const totalText = message.totalUserStr || message.totalPvForAnchor;
    const online = known(number(message.total), onlineText);
    const event = stats(head, envelope, origin, online, known(number(message.totalUser), totalText), onlineText, totalText);
    if (message.ranks.length > 0) event.ranks = message.ranks.map((rank, index) => ranked(rank, index, origin));
    return event;
  }

  function roomRank(message: lib.RoomRankMessage<L>, envelope: lib.Message<L>, origin: Origin): NewEvent {
    const { id, time, estimated } = toHead(envelope, message.common, 0, origin);
    const event: NewEventOf<"rank"> = {
      id,
      room: origin.room,
      webRid: origin.webRid,
      sessionId: origin.sessionId,
      method: envelope.method,
      type: "rank",
      time,
      receivedAt: origin.receivedAt,
      source: origin.source,
      revision: 0,
      list: message.audienceRanks.length > 0 ? "audience" : "room",
      entries:
        message.audienceRanks.length > 0
          ? message.audienceRanks.map((rank, index) => ranked(rank, index, origin))
          : message.ranks.map(({ user, scoreStr }, index) => entry(user, index + 1, 0, scoreStr, origin)),
      receiver: null,
      total: null,
    };
    if (estimated) event.timeEstimated = true;
    return event;
  }

  function ranked({ user, rank, score, exactlyScore, scoreDescription }: lib.Rank<L>, index: number, origin: Origin): RankEntry {
    const place = number(rank);
    return entry(user, place > 0 ? place : index + 1, number(score), exactlyScore || scoreDescription, origin);
  }

  function entry(user: Person<L>, rank: number, score: number, scoreText: string, origin: Origin): RankEntry {
    const told = countOrNull(score) ?? (/^\d{1,15}$/.test(scoreText) ? Number(scoreText) : null);
    return { rank, score: told, scoreText: textOrNull(scoreText, SHORT), user: toUser(user, origin) };
  }

  function roomMessage(message: lib.RoomMessage<L>, envelope: lib.Message<L>, origin: Origin): NewEvent {
    const head = toHead(envelope, message.common, 0, origin);
    const shown = message.common?.displayText;
    const text = clean(message.content, LONG).trim() || textOf(shown) || clean(message.common?.describe ?? "", LONG).trim();
    if (text === "") return unknown(head, envelope, origin);
    const event: NewEventOf<"notice"> = {
      id: head.id,
      room: origin.room,
      webRid: origin.webRid,
      sessionId: origin.sessionId,
      method: envelope.method,
      type: "notice",
      time: head.time,
      receivedAt: origin.receivedAt,
      source: origin.source,
      revision: 0,
      text,
    };
    const named = shown?.pieces.find((piece) => piece.userValue?.user)?.userValue?.user;
    if (named) event.user = toUser(named, origin);
    if (head.estimated) event.timeEstimated = true;
    return event;
  }

  function segmentsOf(text: lib.Text<L> | null | undefined, emojiName: string): Segment[] {
    const segments: Segment[] = [];
    if (!text) return segments;
    let words = "";
    for (const piece of text.pieces) {
      if (!piece.imageValue) {
        words += pieceText(piece);
        continue;
      }
      if (words !== "") segments.push({ text: clean(words, LONG) });
      words = "";
      const { image } = piece.imageValue;
      segments.push({ emoji: clean(imageName(image) || emojiName, SHORT), url: image ? httpsOrNull(firstUrl(image)) : null });
    }
    if (words !== "") segments.push({ text: clean(words, LONG) });
    return segments;
  }

  function textOf(text: lib.Text<L> | null | undefined): string {
    if (!text) return "";
    const filled = text.defaultPattern.replace(/\{(\d{1,3})(?::[^}]*)?\}/g, (_, index: string) => {
      const piece = text.pieces[Number(index)];
      return piece === undefined ? "" : pieceText(piece);
    });
    return clean(filled, LONG).trim();
  }

  function pieceText(piece: lib.TextPiece<L>): string {
    if (piece.stringValue !== "") return piece.stringValue;
    const user = piece.userValue?.user;
    if (user) return (user.nickname || user.desensitizedNickname) + (piece.userValue?.withColon ? ":" : "");
    return piece.giftValue?.nameRef?.defaultPattern ?? piece.patternRefValue?.defaultPattern ?? imageName(piece.imageValue?.image);
  }
}

function complete(event: NewEvent): Draft {
  return { event: event as Complete, claim: null };
}

function stranger(id: string, origin: Origin): User {
  const masked = id === MASKED;
  return {
    id: masked ? null : idOrNull(id),
    secUid: null,
    displayId: null,
    shortId: null,
    nickname: null,
    avatar: null,
    gender: null,
    payLevel: null,
    fansClub: null,
    isAdmin: false,
    isAnchor: id === origin.anchorId && id !== "0" && !masked,
    masked,
  };
}

function giftDraft(
  { id, time, estimated }: Head,
  envelope: { readonly method: string },
  origin: Origin,
  kind: GiftEvent["kind"],
  user: User,
  gift: GiftEvent["gift"],
  unitDiamonds: number | null,
  receiver: User | null,
  combo: string,
  traceId: string | null,
  claim: Claim,
  unitsPerClick: number,
): Draft {
  const event: GiftEvent = {
    id,
    room: origin.room,
    webRid: origin.webRid,
    sessionId: origin.sessionId,
    method: envelope.method,
    type: "gift",
    time,
    receivedAt: origin.receivedAt,
    source: origin.source,
    revision: 0,
    user,
    kind,
    gift,
    delta: 0,
    comboTotal: claim.total,
    settled: false,
    unitDiamonds,
    diamonds: unitDiamonds === null ? null : 0,
    receiver,
    comboId: combo,
    traceId,
  };
  if (unitsPerClick > 1 && unitsPerClick <= claim.total) event.unitsPerClick = unitsPerClick;
  if (estimated) event.timeEstimated = true;
  return { event, claim };
}

function stats(
  { id, time, estimated }: Head,
  envelope: { readonly method: string },
  origin: Origin,
  online: number | null,
  totalViewers: number | null,
  onlineText: string,
  totalText: string,
): NewEventOf<"stats"> {
  const event: NewEventOf<"stats"> = {
    id,
    room: origin.room,
    webRid: origin.webRid,
    sessionId: origin.sessionId,
    method: envelope.method,
    type: "stats",
    time,
    receivedAt: origin.receivedAt,
    source: origin.source,
    revision: 0,
    online,
    totalViewers,
    onlineText: textOrNull(onlineText, SHORT),
    totalText: textOrNull(totalText, SHORT),
  };
  if (estimated) event.timeEstimated = true;
  return event;
}

function unknown(head: Head, envelope: { readonly method: string; readonly payload: Uint8Array }, origin: Origin): NewEvent {
  const { payload } = envelope;
  const event: NewEventOf<"unknown"> = {
    id: head.id,
    room: origin.room,
    webRid: origin.webRid,
    sessionId: origin.sessionId,
    method: envelope.method,
    type: "unknown",
    time: head.time,
    receivedAt: origin.receivedAt,
    source: origin.source,
    revision: 0,
    payload: payload.length > 4096 ? null : Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString("base64"),
    bytes: payload.length,
  };
  if (head.estimated) event.timeEstimated = true;
  return event;
}

function known(value: number, text: string): number | null {
  return value === 0 && text !== "" ? 0 : countOrNull(value);
}

function firstUrl(image: lib.Image): string {
  return image.urlList.find((url) => url !== "") ?? "";
}

function imageName(image: lib.Image | null | undefined): string {
  const content = image?.content;
  return content ? content.name || content.alternativeText : "";
}

function plain(segments: readonly Segment[]): string {
  return clean(segments.map((segment) => ("emoji" in segment ? segment.emoji : segment.text)).join(""), LONG);
}
