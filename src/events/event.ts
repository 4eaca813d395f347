import { type Static, type TSchema, Type } from "typebox";
import { Count, literals, Nullable, Text, Whole } from "./field.js";

/** Origins of an event's bytes. `import` is a file given by hand; `system` is dylive itself; `test` is a test event. */
export const SOURCES = ["websocket", "browser", "recording", "official", "import", "system", "test"] as const;

/** A person as the platform shows them. Unknown is null, never 0 or "". Ids are decimal strings. */
export const UserSchema = Type.Object(
  {
    id: Text("numeric uid; null when masked"),
    secUid: Text("the platform's lasting public id (MS4w…)"),
    displayId: Text("visible Douyin number (抖音号)"),
    shortId: Text("older numeric Douyin number"),
    nickname: Text("as the person chose it, at that moment"),
    avatar: Text("https URL of the small avatar"),
    gender: Nullable(literals(["male", "female"], "as the person says")),
    payLevel: Whole("consumption grade (财富等级)"),
    fansClub: Nullable(
      Type.Object(
        {
          name: Text("the club's name"),
          level: Type.Integer({ description: "level in it" }),
          lapsed: Type.Optional(Type.Literal(true, { description: "the membership has lapsed: the platform shows no badge" })),
        },
        { description: "membership of this room's fans club" },
      ),
    ),
    isAdmin: Type.Boolean({ description: "the platform marks this user as a room admin" }),
    isAnchor: Type.Boolean({ description: "the anchor of the room" }),
    masked: Type.Boolean({
      description: "the room hides who this is (uid 111111), or they hide themselves (神秘人): never merge masked users",
    }),
    webcastUid: Type.Optional(Type.String({ description: "the platform's id of the person in live rooms: it tells masked people apart" })),
    wornClub: Type.Optional(
      Type.Object(
        { name: Text("the club's name"), level: Type.Integer({ description: "level in it" }) },
        { description: "club whose badge the person wears, where the platform tells it: it may be another anchor's" },
      ),
    ),
    followers: Type.Optional(Type.Integer({ minimum: 0, description: "how many follow the person" })),
    following: Type.Optional(Type.Integer({ minimum: 0, description: "how many the person follows" })),
    followStatus: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: "whether the person follows, as the platform numbers it: 1 does; other numbers are not verified",
      }),
    ),
    roomDiamonds: Type.Optional(
      Type.Integer({ minimum: 0, description: "diamonds that the person has given in this room so far, by the platform's count" }),
    ),
    roomGifts: Type.Optional(
      Type.Integer({ minimum: 0, description: "gifts that the person has given in this room so far, by the platform's count" }),
    ),
    label: Type.Optional(
      Type.String({
        description:
          "what the platform marks the person as in this room, by its own word: regular_watch, regular_chat, new_send_gift were seen",
      }),
    ),
  },
  { $id: "User", description: "a person as the platform shows them" },
);
export type User = Static<typeof UserSchema>;

const base = {
  id: Type.String({ description: "unique in the room, and always the same for the same message" }),
  room: Type.Integer({ minimum: 0, description: "room key, internal to this server" }),
  webRid: Text("number of the room in live.douyin.com/…"),
  sessionId: Text("room_id of the broadcast that the source was connected to"),
  method: Type.String({ description: "the platform's method, or `dylive` for our own events" }),
  time: Type.Integer({ description: "platform time, ms UTC" }),
  timeEstimated: Type.Optional(
    Type.Literal(true, { description: "the platform gave no time: it was worked out of the message's id, or of when it came" }),
  ),
  history: Type.Optional(
    Type.Literal(true, {
      description: "from the platform's first answer: it happened before the connection, is left out of rates and raises no alarm",
    }),
  ),
  receivedAt: Type.Integer({ description: "when the bytes reached us, ms UTC" }),
  source: literals(SOURCES, "where the bytes came from; `test`: made to try overlays and alarms, nothing happened and nothing counts it"),
  revision: Type.Integer({ minimum: 0, description: "0 as first stored; raised by redecode" }),
};
const user = { user: UserSchema };
const define = <const T extends string, P extends Record<string, TSchema>>(type: T, description: string, properties: P) =>
  Type.Object({ ...base, type: Type.Literal(type), ...properties }, { description });

const SegmentSchema = Type.Union([
  Type.Object({ text: Type.String({ description: "literal text" }), user: Type.Optional(UserSchema) }),
  Type.Object({ emoji: Type.String({ description: "name of an emoji" }), url: Text("its image") }),
]);
/** A piece of a chat: literal text, with the person whom it mentions where it is a mention (@), or an emoji with its name and image. */
export type Segment = Static<typeof SegmentSchema>;

const RankEntrySchema = Type.Object({
  rank: Type.Integer({ description: "place, from 1" }),
  score: Count("the platform often tells none"),
  scoreText: Text("as the page shows it"),
  user: UserSchema,
});
/** One place of a rank of contributors. */
export type RankEntry = Static<typeof RankEntrySchema>;

const ScoreSchema = Type.Object({
  userId: Type.String({ description: "uid of the side's anchor" }),
  score: Type.Integer({ description: "points so far" }),
  rank: Whole("place among the sides"),
});
/** The score of one side of a battle. */
export type Score = Static<typeof ScoreSchema>;

const PinSchema = Type.Object({
  messageId: Text("the platform's id of the chat"),
  user: UserSchema,
  text: Type.String({ description: "what was written" }),
  until: Whole("when it is taken down, ms UTC"),
});

/** A state that the platform sends again whenever it changes: what is older than one that came is left out. */
const version = {
  version: Type.Optional(Type.String({ description: "the platform's version of this state, where it has one: a greater one replaces it" })),
};

/** Every kind of event with its own fields. The order is that of the documents. */
export const KINDS = {
  chat: define("chat", "A person wrote or said something (弹幕).", {
    ...user,
    text: Type.String({ description: "what was written; an emoji by its name in brackets" }),
    kind: literals(
      ["text", "emoji", "screen", "privilege", "audio", "exhibition"],
      "ordinary, an emoji alone, flying (飘屏), flying by a privilege, words of a voice message, about a gift exhibition",
    ),
    segments: Type.Array(SegmentSchema, {
      description: "the text in pieces: emoji apart, and people who are mentioned (@) with who they are in `user`",
    }),
    luckyBag: Type.Boolean({ description: "the passphrase of a lucky bag (福袋口令), not free talk" }),
  }),
  gift: define("gift", "A person gave something, or a combo of gifts has ended (送礼). Sum `delta` and `diamonds`, never `comboTotal`.", {
    ...user,
    kind: literals(["gift", "light", "binding", "doodle"], "which of the platform's forms of a gift"),
    gift: Type.Object(
      {
        id: Type.String({ description: "the platform's id of the gift" }),
        name: Text("the gift's name"),
        icon: Text("https URL of its picture"),
        combo: Type.Optional(Type.Boolean({ description: "it can be given in combos, where the platform tells that" })),
        filled: Type.Optional(
          Type.Array(literals(["name", "icon", "unitDiamonds"], "a field of this event"), {
            description: "fields that this message did not tell: the catalogue of gifts did",
          }),
        ),
      },
      { description: "what was given" },
    ),
    delta: Type.Integer({ minimum: 0, description: "units that are new with this event: sum these" }),
    comboTotal: Type.Integer({ minimum: 0, description: "units of the combo so far" }),
    unitsPerClick: Type.Optional(Type.Integer({ minimum: 2, description: "units of one click, where it gives a bundle (10, 66, 188 …)" })),
    settled: Type.Boolean({ description: "the combo has ended" }),
    unitDiamonds: Whole("price of one unit in diamonds (10 = 1 CNY); null where the platform did not say"),
    diamonds: Whole("delta × unitDiamonds"),
    receiver: Nullable(UserSchema, "the guest whom it was for; null is the anchor, or the platform did not say"),
    comboId: Type.String({ description: "the same in all events of one combo" }),
    traceId: Text("the platform's id of the giving, where it tells one"),
    test: Type.Optional(
      Type.Literal(true, { description: "made by the Open Platform to try an app: not given by a person, do not count it" }),
    ),
    valueFen: Type.Optional(Type.Integer({ minimum: 0, description: "whole value in 分 (0.01 CNY), as the Open Platform tells it" })),
    luckyCubeId: Type.Optional(Type.String({ description: "the lucky cube (幸运魔方) that was sent; gift is what came out of it" })),
  }),
  like: define("like", "A person tapped the screen (点赞). The platform sends a sample of these.", {
    ...user,
    count: Type.Integer({ minimum: 0, description: "likes in this batch; the platform samples likes" }),
    total: Count("likes of the broadcast so far, by the platform's count"),
  }),
  join: define("join", "A person came into the room (来了). In big rooms the platform sends a sample.", {
    ...user,
    memberCount: Count("people in the room"),
    via: Nullable(literals(["share"], "came by the share of another person")),
  }),
  follow: define("follow", "A person followed the anchor (关注).", { ...user, followers: Whole("the anchor's followers after this") }),
  share: define("share", "A person shared the room; never shown as a follow (分享).", {
    ...user,
    target: Text("wechat, moments, weibo, qzone, qq, douyin, or the platform's code"),
  }),
  leave: define("leave", "A person left the room; the platform seldom says so.", user),
  moderation: define("moderation", "Something was done to a member (禁言, 管理员 …).", {
    ...user,
    action: literals(
      ["mute", "unmute", "set_admin", "unset_admin", "kick", "manager_mute", "manager_unmute", "block"],
      "what was done to `user`",
    ),
    operator: Nullable(UserSchema, "who did it"),
  }),
  fansclub: define("fansclub", "A person joined the anchor's fans club or rose in it (粉丝团).", {
    ...user,
    action: literals(["join", "upgrade", "leave", "other"], "what happened"),
    text: Text("the platform's sentence"),
  }),
  stats: define("stats", "How many people are there. Sent only when `types` names it.", {
    online: Count("people in the room now"),
    totalViewers: Count("people who came so far"),
    onlineText: Text("the same as the page shows it (1.1万)"),
    totalText: Text("the same as the page shows it"),
    tickets: Type.Optional(Type.Integer({ minimum: 1, description: "tickets of the room so far (本场音浪), if the message has them" })),
    ranks: Type.Optional(
      Type.Array(RankEntrySchema, { description: "top contributors, where the message has them: one message is one event" }),
    ),
  }),
  rank: define("rank", "Top contributors of the room, or of one guest, or who liked most. Sent only when `types` names it.", {
    list: literals(
      ["audience", "room", "guest", "likes"],
      "which of the platform's ranks: with numbers, with texts alone, of what one guest was given, or of who liked most, whose scores are likes",
    ),
    entries: Type.Array(RankEntrySchema, { description: "places in order" }),
    receiver: Nullable(UserSchema, "the guest whose contributors these are; null is the room's"),
    total: Count("diamonds that the guest was given in all"),
  }),
  control: define("control", "The platform says that the broadcast pauses, goes on or ends. An end is confirmed by a `state` event.", {
    action: literals(["pause", "resume", "end", "end_by_admin", "change_node", "end_by_switch", "ping_timeout", "other"], "what is said"),
    code: Type.Integer({ description: "the platform's number of it" }),
    tips: Text("the platform's sentence"),
  }),
  notice: define("notice", "A sentence of the platform: a system text, a banner, an introduction, messages taken back.", {
    user: Type.Optional(UserSchema),
    text: Text("the sentence; null where messages were taken back"),
    pinned: Type.Optional(Type.Literal(true, { description: "the platform keeps it above the chat" })),
    deletes: Type.Optional(
      Type.Array(Type.String(), {
        description: "the platform's ids of messages that are taken off the screen; they stay in the log",
      }),
    ),
  }),
  pin: define("pin", "Comments are pinned above the chat (置顶评论): those that are pinned now, none when the last was taken down.", {
    pins: Type.Array(PinSchema, { description: "what is pinned" }),
    ...version,
  }),
  product: define(
    "product",
    "Something happened to goods that are sold (小黄车). Those with `explaining` are a timeline of what was explained.",
    {
      action: Text("list_changed, sold_out, or type_N with the platform's number"),
      explaining: Text("promotion id of the goods that are being explained; null where the message does not say"),
      products: Type.Array(
        Type.Object({
          id: Type.String({ description: "promotion id" }),
          index: Whole("place in the list of goods, from 1; null where the message does not say"),
          title: Text("name of the goods, as this message or one before it says"),
          price: Count("as the platform gives it, in this message or one before it; its unit is not verified"),
          cover: Text("https URL of its picture, as this message or one before it says"),
        }),
        { description: "goods that are concerned" },
      ),
      categories: Type.Optional(
        Type.Array(
          Type.Object({
            name: Type.String({ description: "name of the group, as the shop gives it" }),
            products: Type.Array(Type.String(), { description: "promotion ids of its goods" }),
          }),
          { description: "groups of goods, where the message has them" },
        ),
      ),
      total: Count("how many goods there are"),
      text: Text("the platform's sentence"),
    },
  ),
  battle: define("battle", "A battle of anchors begins, changes or ends (PK).", {
    battleId: Text("the platform's id of it"),
    phase: Text("running, finished, or helpers (who helps which side)"),
    scores: Type.Array(ScoreSchema, { description: "of each side, at its end" }),
    text: Text("theme, or the platform's sentence"),
  }),
  linkmic: define("linkmic", "Guests or anchors are linked (连麦).", {
    action: Text("enter, leave, list_changed, scores; null where the message does not say"),
    code: Whole("the platform's number of the kind of message"),
    channelId: Text("the platform's id of the link"),
    users: Type.Array(UserSchema, { description: "who is linked now, where the message names them" }),
    scores: Type.Optional(Type.Array(ScoreSchema, { description: "scores of the sides, or of the anchors who are linked" })),
    text: Text("the platform's sentence"),
    ...version,
  }),
  lottery: define("lottery", "A lucky box (红包) or lottery (福袋): put into the room, drawn, over.", {
    user: Type.Optional(UserSchema),
    action: Text("box, box_reward, box_end, lottery, draw"),
    lotteryId: Text("the platform's id of it"),
    diamonds: Count("worth of a box, or of all prizes of a lottery, in diamonds"),
    participants: Type.Optional(Type.Integer({ minimum: 0, description: "how many take part so far" })),
    luckyCount: Type.Optional(Type.Integer({ minimum: 1, description: "how many are to win" })),
    startAt: Type.Optional(Type.Integer({ description: "when it started, ms UTC" })),
    drawAt: Type.Optional(Type.Integer({ description: "when it is drawn, ms UTC" })),
    conditions: Type.Optional(
      Type.Array(
        Type.Object({
          kind: Type.Integer({ description: "the platform's number of the kind; its list is not verified" }),
          text: Text("what is to be done or said, in the platform's words"),
          diamonds: Whole("diamonds that are to be given"),
          fansLevel: Whole("level in the fans club that is needed"),
        }),
        { description: "what a person must do or be to take part" },
      ),
    ),
    winners: Type.Optional(Type.Array(Type.String(), { description: "uids" })),
    text: Text("the prize, or the platform's sentence"),
    ...version,
  }),
  state: define("state", "The state of a room has changed, as dylive sees it.", {
    from: Text("state before; null at first"),
    to: Type.String({ description: "resolving, waiting, connecting, live, stalled, blocked, ended, failed or paused" }),
    evidence: Type.Record(Type.String(), Type.Unknown(), { description: "why: what was seen, with times" }),
  }),
  gap: define("gap", "An interval in which we know that nothing was received.", {
    from: Whole(
      "ms UTC, time of the last receipt before it; null where its length is unknown: the clock was set back while dylive did not run",
    ),
    to: Type.Integer({ description: "ms UTC, time of receipt" }),
    reason: Type.String({ description: "one sentence" }),
  }),
  system: define("system", "dylive has something to say; in room 0, and of the gifts of a room in its own log, too.", {
    kind: Type.String({
      description:
        "gifts.suppressed, gifts.flowing, session.lost, session.silent, session.receives, account.lapsed, hook.paused, disk.low, room.deleted, session.deleted",
    }),
    text: Type.String({ description: "one sentence" }),
    session: Type.Optional(
      Nullable(
        Type.String({ description: "of the kinds of a room: the session of the room that it is about; null is the room as a whole" }),
      ),
    ),
    evidence: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: "of the kinds of a room: what was seen; times in ms UTC" }),
    ),
  }),
  work: define("work", "An author who is watched published a work (作品); in room 0 alone. `time` is when that was.", {
    ...user,
    workId: Text("the platform's id of the work (aweme_id); null when the author was erased and stays under a pseudonym"),
    url: Text("its page on www.douyin.com"),
    kind: Nullable(literals(["video", "images", "live_photos"], "a film, pictures, pictures of which some move")),
    text: Text("what the author wrote"),
  }),
  erased: define("erased", "An event of a person who was erased: its place, id and time stay.", {}),
  unknown: define("unknown", "A message that dylive does not read, as it came. Sent only when `types` names it.", {
    payload: Nullable(Type.String({ description: "base64; null above 4 KB" })),
    bytes: Type.Integer({ minimum: 0, description: "length of the payload" }),
  }),
} as const;

/** The kind of an event. */
export type EventType = keyof typeof KINDS;
/** All event types, in the order of the documents. */
export const EVENT_TYPES = Object.keys(KINDS) as readonly EventType[];

/** Types that are given only when asked for by name: they are many, or mean little to most. */
const ON_DEMAND = ["unknown", "rank", "stats"] as const satisfies readonly EventType[];
/** The types that are given when none are named. */
export type UsualType = Exclude<EventType, (typeof ON_DEMAND)[number]>;
export const USUAL_TYPES: readonly EventType[] = EVENT_TYPES.filter((type) => !ON_DEMAND.some((other) => other === type));

/** An event before the log has given it its `seq`. */
export type NewEvent = { [K in EventType]: Static<(typeof KINDS)[K]> }[EventType];
/** An event of one type, before the log has given it its `seq`. */
export type NewEventOf<T extends EventType> = Extract<NewEvent, { type: T }>;
/** An event of the log: `seq` counts from 1 in its room, without holes when appended. */
export type LiveEvent = NewEvent & { readonly seq: number };
/** An event of one type. */
export type LiveEventOf<T extends EventType> = NewEventOf<T> & { readonly seq: number };
