import { type Static, type TSchema, Type } from "typebox";

/** Where an event's bytes came from. `import` is a file given by hand; `system` is dylive itself. */
export const SOURCES = ["websocket", "browser", "recording", "official", "import", "system"] as const;

const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const literals = <T extends string[]>(values: readonly [...T]) => Type.Enum<T>(values);
const Text = Nullable(Type.String());
const Count = Nullable(Type.Integer({ minimum: 0 }));

/** A person as the platform shows them. Unknown is null, never 0 or "". Ids are decimal strings. */
export const UserSchema = Type.Object(
  {
    id: Nullable(Type.String({ description: "numeric uid; null when hidden" })),
    secUid: Text,
    displayId: Nullable(Type.String({ description: "visible Douyin number (抖音号)" })),
    shortId: Text,
    nickname: Text,
    avatar: Nullable(Type.String({ description: "https URL of the small avatar" })),
    gender: Nullable(literals(["male", "female"])),
    payLevel: Nullable(Type.Integer({ description: "consumption grade (财富等级)" })),
    fansClub: Nullable(Type.Object({ name: Text, level: Type.Integer() })),
    isAdmin: Type.Boolean({ description: "the platform marks this user as a room admin" }),
    isAnchor: Type.Boolean(),
    masked: Type.Boolean({ description: "the room hides who this is (uid 111111): never merge masked users" }),
  },
  { $id: "User" },
);
export type User = Static<typeof UserSchema>;

const base = {
  id: Type.String({ description: "unique in the room; the platform's msg_id where there is one" }),
  room: Type.Integer({ minimum: 0, description: "room key, internal to this server" }),
  webRid: Text,
  sessionId: Nullable(Type.String({ description: "room_id of the broadcast that the source was connected to" })),
  method: Type.String({ description: "the platform's method, or `dylive` for our own events" }),
  time: Type.Integer({ description: "platform time, ms UTC" }),
  timeEstimated: Type.Optional(Type.Literal(true)),
  receivedAt: Type.Integer({ description: "ms UTC" }),
  source: literals(SOURCES),
  revision: Type.Integer({ minimum: 0, description: "0 as first stored; raised by redecode" }),
};
const user = { user: UserSchema };
const define = <const T extends string, P extends Record<string, TSchema>>(type: T, properties: P) =>
  Type.Object({ ...base, type: Type.Literal(type), ...properties });

const SegmentSchema = Type.Union([Type.Object({ text: Type.String() }), Type.Object({ emoji: Type.String(), url: Text })]);
/** A piece of a chat: literal text, or an emoji with its name and image. */
export type Segment = Static<typeof SegmentSchema>;

const RankEntrySchema = Type.Object({ rank: Type.Integer(), score: Count, scoreText: Text, user: UserSchema });
/** One place of a rank of contributors. */
export type RankEntry = Static<typeof RankEntrySchema>;

const ScoreSchema = Type.Object({ userId: Type.String(), score: Type.Integer(), rank: Nullable(Type.Integer()) });
/** The score of one side of a battle. */
export type Score = Static<typeof ScoreSchema>;

/** Every kind of event with its own fields. The order is that of the documents. */
export const KINDS = {
  chat: define("chat", {
    ...user,
    text: Type.String(),
    kind: literals(["text", "emoji", "screen", "privilege", "audio", "exhibition"]),
    segments: Type.Array(SegmentSchema),
    luckyBag: Type.Boolean({ description: "the passphrase of a lucky bag (福袋口令), not free talk" }),
  }),
  gift: define("gift", {
    ...user,
    kind: literals(["gift", "light", "binding", "doodle"]),
    gift: Type.Object({ id: Type.String(), name: Text, icon: Text }),
    delta: Type.Integer({ minimum: 0, description: "units that are new with this event: sum these" }),
    comboTotal: Type.Integer({ minimum: 0, description: "units of the combo so far" }),
    settled: Type.Boolean({ description: "the combo has ended" }),
    unitDiamonds: Nullable(Type.Integer({ description: "price of one unit in diamonds (10 = 1 CNY); null when unknown" })),
    diamonds: Nullable(Type.Integer({ description: "delta × unitDiamonds" })),
    receiver: Nullable(UserSchema),
    comboId: Type.String(),
    traceId: Text,
    test: Type.Optional(Type.Literal(true, { description: "made by the Open Platform to try an app: nobody gave it, do not count it" })),
    valueFen: Type.Optional(Type.Integer({ minimum: 0, description: "whole value in 分 (0.01 CNY), as the Open Platform tells it" })),
    luckyCubeId: Type.Optional(Type.String({ description: "the lucky cube (幸运魔方) that was sent; gift is what came out of it" })),
  }),
  like: define("like", {
    ...user,
    count: Type.Integer({ minimum: 0, description: "likes in this batch; the platform samples likes" }),
    total: Count,
  }),
  join: define("join", { ...user, memberCount: Count, via: Nullable(literals(["share"])) }),
  follow: define("follow", { ...user, followers: Nullable(Type.Integer({ description: "the anchor's followers after this" })) }),
  share: define("share", { ...user, target: Text }),
  leave: define("leave", user),
  moderation: define("moderation", {
    ...user,
    action: literals(["mute", "unmute", "set_admin", "unset_admin", "kick", "manager_mute", "manager_unmute", "block"]),
    operator: Nullable(UserSchema),
  }),
  fansclub: define("fansclub", { ...user, action: literals(["join", "upgrade", "leave", "other"]), text: Text }),
  stats: define("stats", {
    online: Count,
    totalViewers: Count,
    onlineText: Text,
    totalText: Text,
    ranks: Type.Optional(
      Type.Array(RankEntrySchema, { description: "top contributors, where the message has them: one message is one event" }),
    ),
  }),
  rank: define("rank", { entries: Type.Array(RankEntrySchema) }),
  control: define("control", {
    action: literals(["pause", "resume", "end", "end_by_admin", "change_node", "end_by_switch", "ping_timeout", "other"]),
    code: Type.Integer(),
    tips: Text,
  }),
  notice: define("notice", { user: Type.Optional(UserSchema), text: Text, deletes: Type.Optional(Type.Array(Type.String())) }),
  product: define("product", {
    action: Text,
    products: Type.Array(Type.Object({ id: Type.String(), title: Text, price: Count })),
    text: Text,
  }),
  battle: define("battle", {
    battleId: Text,
    phase: Text,
    scores: Type.Array(ScoreSchema),
    text: Text,
  }),
  linkmic: define("linkmic", {
    action: Text,
    code: Nullable(Type.Integer()),
    channelId: Text,
    users: Type.Array(UserSchema),
    scores: Type.Optional(Type.Array(ScoreSchema, { description: "scores of the sides, which the older message carries" })),
    text: Text,
  }),
  lottery: define("lottery", {
    user: Type.Optional(UserSchema),
    action: Text,
    lotteryId: Text,
    diamonds: Count,
    winners: Type.Optional(Type.Array(Type.String(), { description: "uids" })),
    text: Text,
  }),
  state: define("state", { from: Text, to: Type.String(), evidence: Type.Record(Type.String(), Type.Unknown()) }),
  gap: define("gap", { from: Type.Integer(), to: Type.Integer(), reason: Type.String() }),
  system: define("system", { kind: Type.String(), text: Type.String() }),
  erased: define("erased", {}),
  unknown: define("unknown", {
    payload: Nullable(Type.String({ description: "base64; null above 4 KB" })),
    bytes: Type.Integer({ minimum: 0 }),
  }),
} as const;

/** The kind of an event. */
export type EventType = keyof typeof KINDS;
/** All event types, in the order of the documents. */
export const EVENT_TYPES = Object.keys(KINDS) as readonly EventType[];

/** An event before the log has given it its `seq`. */
export type NewEvent = { [K in EventType]: Static<(typeof KINDS)[K]> }[EventType];
/** An event of one type, before the log has given it its `seq`. */
export type NewEventOf<T extends EventType> = Extract<NewEvent, { type: T }>;
/** An event of the log: `seq` counts from 1 in its room, without holes when appended. */
export type LiveEvent = NewEvent & { readonly seq: number };
/** An event of one type. */
export type LiveEventOf<T extends EventType> = NewEventOf<T> & { readonly seq: number };
