import { type TSchema, Type } from "typebox";
import { Value } from "typebox/value";
import { DyliveError } from "../src/runtime/errors.js";
import { mistakeOf } from "../src/runtime/mistake.js";
import { msgOf } from "../src/runtime/msg.js";

/** A kind of message, or of related messages, that a room sends again and again. */
export type Stream = (typeof STREAMS)[number];

/** Every stream that a scenario may name. */
export const STREAMS = [
  "chat",
  "emoji",
  "join",
  "like",
  "follow",
  "share",
  "fansclub",
  "gift",
  "moderation",
  "stats",
  "viewers",
  "rank",
  "product",
  "battle",
  "link",
  "notice",
  "adaptation",
  "sync",
] as const;

/** A room of the fake platform. */
export interface RoomScenario {
  /** The number in live.douyin.com/…, permanent. */
  readonly webRid: string;
  /** The anchor's custom Douyin number, which opens the same page. */
  readonly customId?: string;
  /** Code of v.douyin.com/CODE/: leads to the live room, or to the anchor's profile when there is none. */
  readonly shortCode?: string;
  readonly kind: "shopping" | "pk" | "talk";
  /** live: broadcasts; ended: its last broadcast is over; offline: the account exists and has no room. */
  readonly state: "live" | "ended" | "offline";
  readonly title: string;
  /** The anchor's nickname. */
  readonly anchor: string;
  readonly clubName: string;
  readonly viewers: number;
  /** Every viewer is 111111 and `x***`. */
  readonly anonymised?: boolean;
  /** Masked viewers have no webcast_uid either, and their gifts one trace a combo, one a click, or none. */
  readonly maskedTraces?: "combo" | "click" | "none";
  /** A room of sound only. */
  readonly audio?: boolean;
  /** Ids of gifts whose messages tell neither name nor price: only the platform's list of gifts does. */
  readonly bareGifts?: readonly string[];
  /** Mean seconds between two of a stream; gaps vary from half to one and a half of it. A stream that is not named is silent. */
  readonly everySeconds: Readonly<Partial<Record<Stream, number>>>;
  /** Messages per second from pre-encoded templates of this scenario; for load, instead of the streams' own times. */
  readonly load?: number;
}

/** Schema of a number above 0. */
export const ABOVE_0 = Type.Number({ exclusiveMinimum: 0, description: "above 0" });

/** Returns the rooms of the demo. */
export function demoRooms(): RoomScenario[] {
  return [
    {
      webRid: "100000001",
      shortCode: "DEMO1",
      kind: "shopping",
      state: "live",
      title: "秋冬新款清仓 全场包邮",
      anchor: "小棉袄优选",
      clubName: "棉袄家",
      viewers: 812,
      everySeconds: {
        ...BACKDROP,
        chat: 1.6,
        emoji: 25,
        join: 1,
        like: 1.2,
        follow: 14,
        share: 40,
        fansclub: 45,
        product: 8,
        moderation: 60,
      },
    },
    {
      webRid: "100000002",
      shortCode: "DEMO2",
      kind: "pk",
      state: "live",
      title: "今晚必须赢！",
      anchor: "阿梨唱歌",
      clubName: "梨子糖",
      viewers: 4321,
      // A chat, a join, a like, a follow and a gift come within any ten seconds: gaps are at most one and a half of these.
      everySeconds: {
        ...BACKDROP,
        chat: 0.7,
        emoji: 15,
        join: 0.8,
        like: 0.7,
        follow: 4,
        share: 20,
        fansclub: 18,
        gift: 2.5,
        battle: 40,
        link: 25,
        moderation: 45,
      },
    },
    {
      webRid: "100000003",
      shortCode: "DEMO3",
      kind: "talk",
      state: "live",
      title: "窗外的雨",
      anchor: "慢慢走的云",
      clubName: "云朵",
      viewers: 4,
      everySeconds: { chat: 25, join: 15, like: 40, stats: 10, viewers: 15, adaptation: 8, rank: 60 },
    },
    {
      webRid: "100000004",
      shortCode: "DEMO4",
      kind: "talk",
      state: "offline",
      title: "",
      anchor: "今天不播",
      clubName: "不播",
      viewers: 0,
      everySeconds: {},
    },
    {
      webRid: "100000005",
      shortCode: "DEMO5",
      kind: "talk",
      state: "ended",
      title: "分析头像",
      anchor: "菊茶",
      clubName: "茶馆",
      viewers: 0,
      everySeconds: { chat: 5, join: 5, stats: 5, adaptation: 8 },
    },
    {
      webRid: "100000006",
      customId: "demo.tv",
      shortCode: "DEMO6",
      kind: "talk",
      state: "live",
      title: "自定义抖音号的直播间",
      anchor: "demo电视",
      clubName: "电视",
      viewers: 57,
      bareGifts: ["2053"],
      everySeconds: { ...BACKDROP, chat: 4, join: 3, like: 4, follow: 20, gift: 15 },
    },
    {
      webRid: "100000007",
      kind: "talk",
      state: "live",
      title: "观众匿名的直播间",
      anchor: "安静的灯",
      clubName: "灯",
      viewers: 230,
      anonymised: true,
      everySeconds: { ...BACKDROP, chat: 3, join: 2, like: 3 },
    },
  ];
}

/** Schema of a room of the fake platform. */
export const ScenarioSchema = Type.Object(
  {
    webRid: Type.String({ minLength: 1 }),
    customId: Type.Optional(Type.String({ minLength: 1 })),
    shortCode: Type.Optional(Type.String({ minLength: 1 })),
    kind: Type.Enum(["shopping", "pk", "talk"]),
    state: Type.Enum(["live", "ended", "offline"]),
    ...{ title: Type.String(), anchor: Type.String(), clubName: Type.String() },
    viewers: Type.Integer({ minimum: 0 }),
    ...{ anonymised: Type.Optional(Type.Boolean()), audio: Type.Optional(Type.Boolean()) },
    maskedTraces: Type.Optional(Type.Enum(["combo", "click", "none"])),
    bareGifts: Type.Optional(Type.Array(Type.String())),
    everySeconds: Type.Object(Object.fromEntries(STREAMS.map((stream) => [stream, Type.Optional(ABOVE_0)])), {
      additionalProperties: false,
    }),
    load: Type.Optional(ABOVE_0),
  },
  { additionalProperties: false },
);

/** Checks the options that a caller gives. @throws DyliveError bad_config that names what is wrong */
export function checkOptions(schema: TSchema, options: unknown): void {
  if (Value.Check(schema, options)) return;
  throw new DyliveError("bad_config", mistakeOf(schema, Value.Errors(schema, options), msgOf("the options"), options).words);
}

/** Checks that no two rooms given by a caller have one id. @throws DyliveError bad_config */
export function checkRooms(rooms: readonly RoomScenario[]): void {
  const seen = new Set<string>();
  for (const { webRid, customId, shortCode } of rooms) {
    for (const id of [webRid, customId, shortCode === undefined ? undefined : `short link ${shortCode}`]) {
      if (id === undefined) continue;
      if (seen.has(id)) throw new DyliveError("bad_config", `rooms: ${id} is given twice`);
      seen.add(id);
    }
  }
}

const BACKDROP = { stats: 5, viewers: 6, rank: 15, notice: 30, adaptation: 4, sync: 30 } as const;
