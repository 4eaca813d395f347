import { describe, platformId } from "../../events/describe.js";
import { EVENT_TYPES, type EventType, type LiveEvent, type LiveEventOf, type User } from "../../events/event.js";
import { isTest } from "../../events/test-event.js";
import type { Filter } from "../../feed/read.js";

/** A chat in the compatible form: the only kind with `tid`, `text` and `avatar`, and with a bare `sec_uid`. */
interface CompatibleChat {
  readonly type: string;
  readonly uid: string;
  readonly tid: string;
  readonly nickname: string;
  readonly text: string;
  readonly sec_uid: string;
  readonly avatar: string;
}

/** Any other kind in the compatible form; `sec_uid` is wrapped in an extra pair of quotes. */
interface CompatibleOther {
  readonly type: string;
  readonly nickname: string;
  readonly uid: string;
  readonly short_id: string;
  readonly msg_id: string;
  readonly sec_uid: string;
  readonly msg: string;
}

/** A like: likes of this batch, and of the room (null when unknown). */
interface CompatibleLike extends CompatibleOther {
  readonly count: number;
  readonly total: number | null;
}

/** A gift: `count` is what is new with this event; `diamonds` the price of one unit, null when unknown. */
interface CompatibleGift extends CompatibleOther {
  readonly gift: {
    readonly id: string;
    readonly name: string;
    readonly count: number;
    readonly diamonds: number | null;
    readonly combo_total: number;
  };
}

/** An event in the compatible form. */
type CompatibleEvent = CompatibleChat | CompatibleOther | CompatibleLike | CompatibleGift;

/** The method that an event type goes by, whatever method brought it; null for types that go by their own and are shown only when asked for. */
const METHOD_OF: Readonly<Record<EventType, string | null>> = {
  chat: "WebcastChatMessage",
  gift: "WebcastGiftMessage",
  like: "WebcastLikeMessage",
  join: "WebcastMemberMessage",
  follow: "WebcastSocialMessage",
  share: "WebcastSocialMessage",
  leave: null,
  moderation: null,
  fansclub: null,
  stats: null,
  rank: null,
  control: null,
  notice: null,
  pin: null,
  product: null,
  battle: null,
  linkmic: null,
  lottery: null,
  state: null,
  gap: null,
  system: null,
  work: null,
  erased: null,
  unknown: null,
};

/** The event types that are shown unless `types=` says otherwise: those that existing clients know, and gifts and likes in their style. */
const DEFAULT_TYPES: readonly EventType[] = EVENT_TYPES.filter((type) => METHOD_OF[type] !== null);

/** The methods of {@link DEFAULT_TYPES}. */
const DEFAULT_METHODS: ReadonlySet<string> = new Set(Object.values(METHOD_OF).filter((method) => method !== null));

/** Returns the method that the event is shown as. */
function methodOf(event: LiveEvent): string {
  return METHOD_OF[event.type] ?? event.method;
}

/**
 * Makes the filter of a call.
 * @param methods the method names of `types=`, or null for those of {@link DEFAULT_METHODS}
 * @param onlySession the broadcast whose events alone are meant, or null
 */
export function chatFilter(methods: readonly string[] | null, onlySession: string | null): Filter {
  const asked = new Set(methods ?? DEFAULT_METHODS);
  const own = methods === null || methods.every((method) => DEFAULT_METHODS.has(method));
  return {
    where: { ...(own ? { types: DEFAULT_TYPES } : {}), ...(onlySession === null ? {} : { sessionId: onlySession }) },
    inside: (event) => !isEmpty(event) && (asked.has(methodOf(event)) || isKindOf(event, asked)) && !isImpostor(event),
    expression: null,
  };
}

/** Whether an event is empty: a gift that brings nothing new, a like of no likes, a tombstone; or a test, which the form cannot mark. */
function isEmpty(event: LiveEvent): boolean {
  return (
    isTest(event) || (event.type === "gift" && event.delta === 0) || (event.type === "like" && event.count === 0) || event.type === "erased"
  );
}

/** Whether an event is of a kind asked for by its own method, say a screen chat: it is shown in the form of a chat all the same. */
function isKindOf(event: LiveEvent, asked: ReadonlySet<string>): boolean {
  return !DEFAULT_METHODS.has(event.method) && asked.has(event.method);
}

/**
 * Whether an event would be taken for another: a leave or a mute comes in the message of a join, and existing clients would take it
 * for one.
 */
function isImpostor(event: LiveEvent): boolean {
  return DEFAULT_METHODS.has(event.method) && !DEFAULT_TYPES.includes(event.type);
}

/** Returns the event in the compatible form, its keys in the order that existing clients are used to. */
export function compatibleEvent(event: LiveEvent): CompatibleEvent {
  switch (event.type) {
    case "chat":
      return compatibleChat(event);
    case "gift":
      return compatibleGift(event);
    case "like":
      return { ...compatibleOther(event), count: event.count, total: event.total };
    default:
      // The interface has one form for everything else.
      return compatibleOther(event);
  }
}

/** Returns the text that describes an event that is not a chat. */
function messageOf(event: LiveEvent): string {
  switch (event.type) {
    case "join":
      return "来了";
    case "follow":
      return "关注了主播";
    case "share":
      return "分享了直播间";
    case "like":
      return "点赞";
    case "gift":
      // One line: clients match it with a pattern. A gift whose name is unknown is still a gift.
      return `送出 ${(event.gift.name ?? "").replace(/[\r\n\u2028\u2029]+/g, " ") || "礼物"} x${event.delta}`;
    case "chat":
      return event.text;
    default:
      // That does not compile before it decides on a new type.
      return describe(event);
  }
}

/** Returns an id in the compatible form: digits. Unknown ones are "0", as are those of events that dylive made itself. */
function digitsOf(id: string | null | undefined): string {
  return id != null && /^\d{1,20}$/.test(id) ? id : "0";
}

/** Returns the numeric id of a person: "111111" when the room hides who it is. */
function uidOf(user: User | undefined): string {
  return user?.masked ? "111111" : digitsOf(user?.id);
}

/** Returns a picture's address, or "". */
function avatarOf(user: User | undefined): string {
  const avatar = user?.avatar ?? "";
  return /^https?:\/\/[^\s]+$/.test(avatar) ? avatar : "";
}

/** Returns the person an event is about; kinds without a person have none. */
function personOf(event: LiveEvent): User | undefined {
  return "user" in event ? event.user : undefined;
}

function compatibleChat(event: LiveEventOf<"chat">): CompatibleChat {
  const { user } = event;
  return {
    type: methodOf(event),
    uid: uidOf(user),
    tid: digitsOf(platformId(event)),
    nickname: user.nickname ?? "",
    text: event.text,
    sec_uid: user.secUid ?? "",
    avatar: avatarOf(user),
  };
}

function compatibleOther(event: LiveEvent): CompatibleOther {
  const user = personOf(event);
  return {
    type: methodOf(event),
    nickname: user?.nickname ?? "",
    uid: uidOf(user),
    short_id: digitsOf(user?.shortId),
    msg_id: digitsOf(platformId(event)),
    sec_uid: `"${user?.secUid ?? ""}"`,
    msg: messageOf(event),
  };
}

function compatibleGift(event: LiveEventOf<"gift">): CompatibleGift {
  const { gift, delta, unitDiamonds, comboTotal } = event;
  return {
    ...compatibleOther(event),
    gift: { id: digitsOf(gift.id), name: gift.name ?? "", count: delta, diamonds: unitDiamonds, combo_total: comboTotal },
  };
}

/** Time that a client of the later form is asked to wait before its next call, in ms. */
const FETCH_INTERVAL_MS = 1000;

/** Writes the later form of the interface (`format=2`): a clean `sec_uid`, and the cursor in the body. */
export function laterText(events: readonly LiveEvent[], cursor: string, now: number): string {
  const data = { messages: events.map(laterMessage), cursor, fetch_interval: FETCH_INTERVAL_MS, now };
  return JSON.stringify({ code: 200, msg: "成功", data });
}

function laterMessage(event: LiveEvent) {
  return {
    method: methodOf(event),
    msg_id: digitsOf(platformId(event)),
    payload: {
      room_id: digitsOf(event.sessionId),
      content: messageOf(event),
      user: laterUser(personOf(event)),
    },
  };
}

/** Returns a person in the later form: ids are "0" when unknown and "111111" when masked, texts "" when unknown. */
export function laterUser(user: User | undefined) {
  return {
    uid: uidOf(user),
    nickname: user?.nickname ?? "",
    avatar: avatarOf(user),
    unique_id: user?.displayId ?? "",
    sec_uid: user?.secUid ?? "",
  };
}
