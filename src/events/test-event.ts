import { type Static, Type } from "typebox";
import type { NewEvent, NewEventOf, User } from "./event.js";
import { literals } from "./field.js";

/** Tests of what happens in a room: what overlays and alarms show of it. */
const IN_ROOM = [
  ...["chat", "gift", "like", "join", "follow", "share", "fansclub"],
  ...["room.live", "room.ended", "gifts.suppressed", "gifts.flowing", "session.lost", "session.silent", "session.receives"],
] as const;
/** Tests of what happens in no room: they stand in room 0. */
const OF_SYSTEM = ["account.lapsed", "hook.paused", "disk.low", "work.published"] as const;

/** Types of test events: those of events, and the names that webhooks have for some of them. */
export const TEST_TYPES = [...IN_ROOM, ...OF_SYSTEM] as const;

/** A test event that is asked for. */
export const TestEventSchema = Type.Object(
  {
    type: literals(TEST_TYPES, "what happens; the last four happen in no room: name room 0"),
    nickname: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: "who did it; 测试观众 by default" })),
    userId: Type.Optional(Type.String({ pattern: "^[0-9]{1,20}$", description: "1 to 20 digits: their uid; none by default" })),
    text: Type.Optional(Type.String({ minLength: 1, maxLength: 1000, description: "words of a chat, fans club, system event or work" })),
    gift: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: "name of the gift; 测试礼物 by default" })),
    units: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, description: "how many of the gift; 1 by default" })),
    diamonds: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 1_000_000_000, description: "worth of all of it, a multiple of units; as units by default" }),
    ),
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, description: "likes of the batch; 10 by default" })),
  },
  { additionalProperties: false, description: "a test event that is to be made, with fields of its type alone" },
);
/** A test event that is asked for. */
export type TestEvent = Static<typeof TestEventSchema>;

/** Field of a test, beside its type. */
type TestField = Exclude<keyof TestEvent, "type">;
const PERSON = ["nickname", "userId"] as const;
/** Fields of each type, but for those that have words alone. */
const FIELDS: Partial<Record<TestEvent["type"], readonly TestField[]>> = {
  chat: [...PERSON, "text"],
  gift: [...PERSON, "gift", "units", "diamonds"],
  like: [...PERSON, "count"],
  ...{ join: PERSON, follow: PERSON, share: PERSON },
  fansclub: [...PERSON, "text"],
  "work.published": [...PERSON, "text"],
  ...{ "room.live": [], "room.ended": [] },
};

/** Returns the fields that a test of a type has, beside the type. */
export function testFields(type: TestEvent["type"]): readonly TestField[] {
  return FIELDS[type] ?? ["text"];
}

/** Tells whether an event was asked for as a test: it is shown and sent as any other, and nothing counts it. */
export function isTest({ source }: Pick<NewEvent, "source">): boolean {
  return source === "test";
}

/** Tells whether what is tested happens in no room, so that it stands in room 0. */
export function isOfSystem(type: TestEvent["type"]): boolean {
  return OF_SYSTEM.some((one) => one === type);
}

/** Words of a test's own events, whose reasons people read. */
const TEST_WORDS = "a test: nothing has happened";

/**
 * Makes a test event.
 * @param id what tells it from all others, after `test:` and the time
 * @param now ms UTC
 * @returns null where `diamonds` is no multiple of `units`: a gift has whole prices
 */
export function testEvent(
  { type, nickname, userId, text, gift, units = 1, diamonds = units, count = 10 }: TestEvent,
  { room, webRid, id, now }: { readonly room: number; readonly webRid: string | null; readonly id: string; readonly now: number },
): NewEvent | null {
  const base = {
    // No other event's id begins so: engines find tests by it.
    id: `test:${now}:${id}`,
    room,
    webRid,
    // It is of no broadcast.
    sessionId: null,
    method: "dylive",
    time: now,
    receivedAt: now,
    source: "test",
    revision: 0,
  } as const;
  const user = testUser(nickname ?? "测试观众", userId ?? null);
  const words = text ?? TEST_WORDS;
  switch (type) {
    case "chat": {
      const said = text ?? "这是一条测试弹幕";
      return { ...base, type, user, text: said, kind: "text", segments: [{ text: said }], luckyBag: false };
    }
    case "gift":
      if (diamonds % units !== 0) return null;
      return { ...base, type, user, ...givenIn(base.id, gift ?? "测试礼物", units, diamonds / units) };
    case "like":
      return { ...base, type, user, count, total: null };
    case "join":
      return { ...base, type, user, memberCount: null, via: null };
    case "follow":
      return { ...base, type, user, followers: null };
    case "share":
      return { ...base, type, user, target: null };
    case "fansclub":
      return { ...base, type, user, action: "join", text: text ?? null };
    case "room.live":
      return { ...base, type: "state", from: "waiting", to: "live", evidence: { reason: TEST_WORDS } };
    case "room.ended":
      return { ...base, type: "state", from: "live", to: "ended", evidence: { reason: TEST_WORDS } };
    case "work.published":
      return { ...base, type: "work", user, workId: null, url: null, kind: "video", text: text ?? "测试作品" };
    default:
      return { ...base, type: "system", kind: type, text: words };
  }
}

function givenIn(id: string, name: string, units: number, price: number) {
  return {
    kind: "gift",
    gift: { id: "0", name, icon: null },
    delta: units,
    comboTotal: units,
    settled: true,
    unitDiamonds: price,
    diamonds: units * price,
    receiver: null,
    comboId: id,
    traceId: null,
  } as const satisfies Partial<NewEventOf<"gift">>;
}

function testUser(nickname: string, id: string | null): User {
  const unknown = { secUid: null, displayId: null, shortId: null, avatar: null, gender: null, payLevel: null, fansClub: null };
  return { id, nickname, ...unknown, isAdmin: false, isAnchor: false, masked: false };
}
