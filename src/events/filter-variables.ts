import type { LiveEvent, User } from "./event.js";
import { isTest } from "./test-event.js";

/** A value as an expression sees it: whole numbers are CEL ints, and null is "unknown, or this kind of event has none". */
export type Scalar = string | bigint | boolean | null;
export type Scalars = Readonly<Record<string, Scalar>>;
/** The type of a variable that holds one value. */
type ScalarType = "string" | "int" | "bool";

/** A variable of the filter language. */
interface Variable {
  /** The type of its value, or of each of its fields. */
  readonly type: ScalarType | Readonly<Record<string, ScalarType>>;
  /** Description of the variable, as docs/filters.md has it. */
  readonly about: string;
  of(event: LiveEvent): Scalar | Scalars;
}

/** Characters of a text that are looked at, so that one long text cannot make a filter slow. */
export const TEXT_SEEN = 1_000;

const PERSON = {
  id: "string",
  secUid: "string",
  displayId: "string",
  shortId: "string",
  nickname: "string",
  gender: "string",
  payLevel: "int",
  fansClubName: "string",
  fansClubLevel: "int",
  isAdmin: "bool",
  isAnchor: "bool",
  masked: "bool",
} as const;

/** Every variable, by name, in the order of docs/filters.md. */
export const VARIABLES: Readonly<Record<string, Variable>> = {
  type: { type: "string", about: "event type, such as chat or gift", of: (event) => event.type },
  kind: { type: "string", about: "kind of a chat, gift, system event or work", of: (event) => textOf(event, "kind") },
  text: {
    type: "string",
    about: `text of a chat, notice, product, work …; its first ${TEXT_SEEN} characters`,
    of: (event) => textOf(event, "text"),
  },
  user: { type: PERSON, about: "who did it", of: (event) => personOf("user" in event ? event.user : undefined) },
  payLevel: {
    type: "int",
    about: "short for user.payLevel (财富等级)",
    of: (event) => intOf("user" in event ? event.user?.payLevel : null),
  },
  gift: {
    type: { id: "string", name: "string" },
    about: "the gift",
    of: (event) => (event.type === "gift" ? { id: event.gift.id, name: seen(event.gift.name) } : { id: null, name: null }),
  },
  receiver: { type: PERSON, about: "who got the gift", of: (event) => personOf(event.type === "gift" ? event.receiver : null) },
  delta: { type: "int", about: "units of a gift that are new with this event", of: (event) => numberOf(event, "delta") },
  comboTotal: { type: "int", about: "units of the gift's combo so far", of: (event) => numberOf(event, "comboTotal") },
  comboDiamonds: { type: "int", about: "value of the gift's combo so far (comboTotal × unitDiamonds)", of: comboDiamondsOf },
  settled: { type: "bool", about: "the gift's combo has ended", of: (event) => (event.type === "gift" ? event.settled : null) },
  test: {
    type: "bool",
    about: "nothing happened: a test event, or a gift that the Open Platform made as a test",
    of: (event) => isTest(event) || (event.type === "gift" && event.test === true),
  },
  unitDiamonds: { type: "int", about: "price of one unit in diamonds", of: (event) => numberOf(event, "unitDiamonds") },
  diamonds: { type: "int", about: "value of a gift (delta × unitDiamonds) or lottery", of: (event) => numberOf(event, "diamonds") },
  count: { type: "int", about: "likes of this batch", of: (event) => numberOf(event, "count") },
  total: { type: "int", about: "likes of the room", of: (event) => numberOf(event, "total") },
  memberCount: { type: "int", about: "people in the room, as a join tells", of: (event) => numberOf(event, "memberCount") },
  online: { type: "int", about: "people in the room, as stats tell", of: (event) => numberOf(event, "online") },
  totalViewers: { type: "int", about: "people who came so far, as stats tell", of: (event) => numberOf(event, "totalViewers") },
  action: {
    type: "string",
    about: "what was done, in moderation, fansclub, control, product, linkmic and lottery",
    of: (event) => textOf(event, "action"),
  },
  via: { type: "string", about: "how the person came in (share)", of: (event) => textOf(event, "via") },
  luckyBag: {
    type: "bool",
    about: "the chat is the passphrase of a lucky bag",
    of: (event) => (event.type === "chat" ? event.luckyBag : null),
  },
  method: { type: "string", about: "the platform's method", of: (event) => seen(event.method) },
  id: { type: "string", about: "the event's id", of: (event) => seen(event.id) },
  session: { type: "string", about: "room_id of the broadcast", of: (event) => seen(event.sessionId) },
  webRid: { type: "string", about: "the room's number", of: (event) => seen(event.webRid) },
  source: { type: "string", about: "where it came from, such as websocket", of: (event) => event.source },
  time: { type: "int", about: "platform time, ms UTC", of: (event) => intOf(event.time) },
  receivedAt: { type: "int", about: "when it was received, ms UTC", of: (event) => intOf(event.receivedAt) },
};

function personOf(user: User | null | undefined): Scalars {
  return {
    id: seen(user?.id),
    secUid: seen(user?.secUid),
    displayId: seen(user?.displayId),
    shortId: seen(user?.shortId),
    nickname: seen(user?.nickname),
    gender: user?.gender ?? null,
    payLevel: intOf(user?.payLevel),
    fansClubName: seen(user?.fansClub?.name),
    fansClubLevel: intOf(user?.fansClub?.level),
    isAdmin: user?.isAdmin ?? null,
    isAnchor: user?.isAnchor ?? null,
    masked: user?.masked ?? null,
  };
}

/** Returns a text field of any kind of event that has it. */
function textOf(event: LiveEvent, field: "kind" | "text" | "action" | "via"): string | null {
  const value = (event as Partial<Record<typeof field, unknown>>)[field];
  return typeof value === "string" ? seen(value) : null;
}

/** Returns a whole number of any kind of event that has it. */
function numberOf(
  event: LiveEvent,
  field: "delta" | "comboTotal" | "unitDiamonds" | "diamonds" | "count" | "total" | "memberCount" | "online" | "totalViewers",
): bigint | null {
  const value = (event as Partial<Record<typeof field, unknown>>)[field];
  return typeof value === "number" ? intOf(value) : null;
}

/** Returns the value of a gift's combo so far: each of its messages alone may be worth little. */
function comboDiamondsOf(event: LiveEvent): bigint | null {
  return event.type === "gift" && event.unitDiamonds !== null ? intOf(event.comboTotal * event.unitDiamonds) : null;
}

function intOf(value: number | null | undefined): bigint | null {
  return value != null && Number.isSafeInteger(value) ? BigInt(value) : null;
}

function seen(text: string | null | undefined): string | null {
  if (text == null) return null;
  return text.length > TEXT_SEEN ? text.slice(0, TEXT_SEEN) : text;
}
