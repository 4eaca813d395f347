import { comboId, type Draft, short } from "../../events/combo.js";
import type { User } from "../../events/event.js";
import { parseExact } from "../wire/exact-json.js";
import { type Context, digest, type Envelope, type Head, makeEvent, toHead, toMillis, unknownEvent } from "./head.js";
import { clean, httpsOrNull, LONG, SHORT, textOrNull } from "./text.js";
import { isNobody, strangerUser } from "./user.js";

type Item = Readonly<Record<string, unknown>>;

/** Most units of a gift, as for gifts of the web: far above anything real, so that products stay safe integers. */
const MAX_UNITS = 10_000_000;
/** 1 CNY is 10 diamonds and 100 分 (fen). */
const FEN_PER_DIAMOND = 10;

const EVERY = ["msg_id", "sec_openid", "sec_open_id", "avatar_url", "nickname", "timestamp"];
/** Fields that are read, by type (facts/official-push.md A3); others are counted as drift. */
const KNOWN: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    live_comment: ["content"],
    live_gift: ["sec_gift_id", "gift_num", "gift_value", "test", "audience_sec_open_id", "sec_magic_gift_id"],
    live_like: ["like_num"],
    live_fansclub: ["fansclub_reason_type", "fansclub_level"],
  }).map(([type, fields]) => [type, new Set([...EVERY, ...fields])]),
);

/**
 * Makes a draft of one event of one item of the Open Platform's push. Never throws: a type that has no event of its own, and an item that
 * lacks what its event needs, become an `unknown` event, so that nothing is lost.
 */
export function officialDraft(envelope: Envelope, context: Context): Draft {
  const { method, payload } = envelope;
  const item = readItem(payload);
  const known = KNOWN.get(method);
  if (known === undefined) context.drift.unknownMethod(method);
  else if (item === null) context.drift.failed("official_item");
  else for (const field of Object.keys(item)) if (!known.has(field)) context.drift.unknownField(method, field);
  // The platform has one msg_id for each item, whatever its type, and means it when items are confirmed (facts/official-push.md A4).
  const id = envelope.msgId === "0" ? digest(envelope) : envelope.msgId;
  const head = toHead(envelope, context, null, toMillis(item === null ? 0 : (intOf(item, "timestamp") ?? 0)), id);
  const made = (item === null ? null : draft(item, head)) ?? { event: unknownEvent(envelope, head), claim: null };
  if (head.estimated) made.event.timeEstimated = true;
  return made;
}

function draft(item: Item, head: Head): Draft | null {
  switch (head.method) {
    case "live_comment":
      return chat(item, head);
    case "live_gift":
      return gift(item, head);
    case "live_like":
      return like(item, head);
    case "live_fansclub":
      return fansclub(item, head);
    default:
      return null;
  }
}

function chat(item: Item, head: Head): Draft | null {
  const text = clean(textOf(item, "content"), LONG);
  if (text === "") return null;
  return {
    event: makeEvent("chat", head, { user: userOf(item), text, kind: "text", segments: [{ text }], luckyBag: false }),
    claim: null,
  };
}

/**
 * Makes the draft of a gift. A push tells it whole: no field names a combo, so each is settled at once with as many new units as it
 * counts. `gift_value` is the total in 分; a price per unit that is no whole number of diamonds is unknown.
 */
function gift(item: Item, head: Head): Draft | null {
  const units = intOf(item, "gift_num");
  const id = textOf(item, "sec_gift_id");
  if (units === null || units < 1 || units > MAX_UNITS || id === "") return null;
  const valueFen = intOf(item, "gift_value");
  const unitDiamonds = valueFen === null || valueFen % (units * FEN_PER_DIAMOND) !== 0 ? null : valueFen / (units * FEN_PER_DIAMOND);
  const user = userOf(item);
  const audience = textOrNull(textOf(item, "audience_sec_open_id"), SHORT);
  const parts = { sender: short(user.secUid ?? "0"), giftId: short(id), receiver: short(audience ?? "0") };
  const sessionId = head.context.sessionId ?? "0";
  const event = makeEvent("gift", head, {
    user,
    kind: "gift",
    gift: { id: clean(id, SHORT), name: null, icon: null },
    delta: 0,
    comboTotal: units,
    settled: false,
    unitDiamonds,
    diamonds: unitDiamonds === null ? null : 0,
    receiver: audience === null ? null : person(audience),
    comboId: comboId({ sessionId, ...parts, groupId: "0", traceId: "", eventId: short(head.id) }),
    traceId: null,
  });
  if (valueFen !== null) event.valueFen = valueFen;
  if (item["test"] === true) event.test = true;
  const cube = textOrNull(textOf(item, "sec_magic_gift_id"), SHORT);
  if (cube !== null) event.luckyCubeId = cube;
  return { event, claim: { total: units, end: false, single: true } };
}

function like(item: Item, head: Head): Draft | null {
  const count = intOf(item, "like_num");
  return count === null ? null : { event: makeEvent("like", head, { user: userOf(item), count, total: null }), claim: null };
}

function fansclub(item: Item, head: Head): Draft | null {
  const reason = intOf(item, "fansclub_reason_type");
  const level = intOf(item, "fansclub_level");
  const user = { ...userOf(item), fansClub: level !== null && level > 0 ? { name: null, level } : null };
  if (isNobody(user)) return null;
  const action = reason === 1 ? "upgrade" : reason === 2 ? "join" : reason === 16 ? "leave" : "other";
  return { event: makeEvent("fansclub", head, { user, action, text: null }), claim: null };
}

function userOf(item: Item): User {
  const openId = textOrNull(textOf(item, "sec_openid") || textOf(item, "sec_open_id"), SHORT);
  const nickname = textOrNull(textOf(item, "nickname"), SHORT);
  return { ...person(openId), nickname, avatar: httpsOrNull(textOf(item, "avatar_url")) };
}

/** Makes a person of the id that the app knows them by: it is another in every app, and never a sec_uid of the web. */
function person(openId: string | null): User {
  return { ...strangerUser("0", null), secUid: openId };
}

function readItem(payload: Uint8Array): Item | null {
  try {
    const item = parseExact(Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString("utf8"));
    return typeof item === "object" && item !== null && !Array.isArray(item) ? (item as Item) : null;
  } catch {
    return null;
  }
}

/** Reads a text and makes it well-formed: escapes in JSON can say half of a character. "" when it is none. */
function textOf(item: Item, field: string): string {
  const value = item[field];
  return typeof value === "string" ? value.toWellFormed() : "";
}

/** Reads a whole number from 0, also one that came as text; null when it is none. */
function intOf(item: Item, field: string): number | null {
  const value = item[field];
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) && number >= 0 ? number : null;
}
