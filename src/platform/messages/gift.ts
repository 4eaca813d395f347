import { apartId, type Claim, comboId, type Draft, type GiftEvent } from "../../events/combo.js";
import type { User } from "../../events/event.js";
import type { BindingGiftMessage, DoodleGiftMessage, GiftMessage, GiftStruct, LightGiftMessage } from "../wire/gen/gift.js";
import type { User as WireUser } from "../wire/gen/user.js";
import { envelopeUser, type Head, userOf } from "./head.js";
import { httpsOrNull, SHORT, textOrNull } from "./text.js";
import { hasOnlyName, strangerUser, toUser, userKey } from "./user.js";

// Bounds against nonsense, far above anything real (combos reach some 10^5 units, prices some 10^5 diamonds); with them
// the product of both is a safe integer.
const MAX_UNITS = 10_000_000;
const MAX_PRICE = 100_000_000;
// protocol.md 4.3: send_type 4 is a combo.
const SENT_AS_COMBO = 4;

/** The messages of gifts. */
export const GIFT_DRAFTS = {
  GiftMessage: giftDraft,
  LightGiftMessage: lightGiftDraft,
  BindingGiftMessage: bindingGiftDraft,
  DoodleGiftMessage: doodleGiftDraft,
};

interface Counts {
  readonly groupCount: number;
  readonly repeatCount: number;
  readonly comboCount: number;
}

/** Makes the draft of a gift, or of one update of its combo. */
function giftDraft(message: GiftMessage, head: Head): Draft {
  return fromGift(message, head, "gift");
}

/** Makes the draft of a whole GiftMessage in a wrapper: its action may come by itself too, which the ledger counts once. */
function bindingGiftDraft({ msg }: BindingGiftMessage, head: Head): Draft | null {
  return msg === null ? null : fromGift(msg, head, "binding");
}

/**
 * Makes the draft of the compact form of a gift. It has neither group nor trace on the wire, so each stands for itself and is settled at
 * once; its sender is the envelope's user.
 */
function lightGiftDraft(message: LightGiftMessage, head: Head): Draft {
  const info = message.giftInfo;
  const struct = message.giftStruct;
  const id = info !== null && info.giftId !== "0" ? info.giftId : struct === null ? "0" : struct.id;
  const price = info !== null && info.diamondCount > 0 ? priced(info.diamondCount) : priceOf(struct);
  const icon = info !== null && info.giftIcon !== null ? httpsOrNull(info.giftIcon.url) : picture(struct);
  const gift = { id, name: nameOf(struct), icon, ...canCombo(message.sendType, struct) };
  const receiver = message.toUserId === "0" ? null : strangerUser(message.toUserId, head.context.anchorId);
  const combo = nameCombo(head, envelopeUser(head), id, "0", "", message.toUserId);
  const claim: Claim = { total: units(message, 0), end: false, single: true };
  return build(head, "light", userOf(null, head), gift, price, receiver, combo, null, claim, message.groupCount);
}

/** Makes the draft of a drawing made of gifts. Its content is JSON of an unknown form, so it counts as one unit of unknown price. */
function doodleGiftDraft(message: DoodleGiftMessage, head: Head): Draft {
  const gift = { id: message.giftId, name: null, icon: null };
  const receiver = toReceiver(message.toUser, [], head);
  const combo = nameCombo(head, message.user ?? envelopeUser(head), message.giftId, "0", "", userKey(message.toUser));
  const claim: Claim = { total: 1, end: false, single: true };
  return build(head, "doodle", userOf(message.user, head), gift, null, receiver, combo, null, claim);
}

function fromGift(message: GiftMessage, head: Head, kind: GiftEvent["kind"]): Draft {
  const struct = message.gift;
  const id = message.giftId === "0" && struct !== null ? struct.id : message.giftId;
  const traceId = textOrNull(message.traceId, SHORT);
  const sender = message.user ?? envelopeUser(head);
  const combo = nameCombo(head, sender, id, message.groupId, traceId ?? "", userKey(message.toUser));
  const combos = canCombo(message.sendType, struct);
  // Messages of one group count up also where the gift is said to have no combos.
  const single = message.groupId === "0" && (traceId === null || combos.combo !== true);
  const mayShare = message.groupId !== "0" && traceId !== null && sender !== null && hasOnlyName(sender);
  const claim: Claim = {
    total: units(message, message.totalCount),
    end: message.repeatEnd === 1,
    single,
    ...(mayShare && { apart: apartId(combo, traceId) }),
  };
  const gift = { id, name: nameOf(struct), icon: picture(struct), ...combos };
  const receiver = toReceiver(message.toUser, message.toUserIds, head);
  return build(
    head,
    kind,
    userOf(message.user, head, message.publicAreaCommon),
    gift,
    priceOf(struct),
    receiver,
    combo,
    traceId,
    claim,
    message.groupCount,
  );
}

// Neither the anchor's id nor the time is in it: both may be known late, and a combo must keep its name.
function nameCombo(head: Head, sender: WireUser | null, giftId: string, groupId: string, traceId: string, receiver: string): string {
  const sessionId = head.context.sessionId ?? (head.common === null ? "0" : head.common.roomId);
  return comboId({ sessionId, sender: userKey(sender), giftId, groupId, traceId, eventId: head.id, receiver });
}

/** Returns the units so far: the counters lag behind each other in different clients, so the largest is believed (design, section 4). */
function units(counts: Counts, totalCount: number): number {
  const product = counts.groupCount * Math.max(counts.comboCount, 1);
  return Math.min(Math.max(counts.repeatCount, totalCount, product, 1), MAX_UNITS);
}

/** Returns whether a gift can be given in combos; nothing when neither its description nor how it was sent tells. */
function canCombo(sendType: number, struct: GiftStruct | null): Pick<GiftEvent["gift"], "combo"> {
  if (sendType === SENT_AS_COMBO) return { combo: true };
  // Without a name the description is an empty form, in which nothing is false.
  return struct === null || (struct.name === "" && !struct.combo) ? {} : { combo: struct.combo };
}

/**
 * Returns the price, known when the gift is described. 0 is believed of a gift with a name (there are free ones); else the form is empty.
 */
function priceOf(struct: GiftStruct | null): number | null {
  if (struct === null) return null;
  return struct.diamondCount > 0 ? priced(struct.diamondCount) : struct.diamondCount === 0 && struct.name !== "" ? 0 : null;
}

function priced(diamonds: number): number | null {
  return diamonds <= MAX_PRICE ? diamonds : null;
}

function nameOf(struct: GiftStruct | null): string | null {
  return struct === null ? null : textOrNull(struct.name, SHORT);
}

function picture(struct: GiftStruct | null): string | null {
  return struct === null || struct.image === null ? null : httpsOrNull(struct.image.url);
}

/** Returns the receiver; null is the anchor, or unknown (protocol.md 4.2: set in rooms with guests, and for a battle's opponent). */
function toReceiver(to: WireUser | null, ids: readonly string[], head: Head): User | null {
  if (to !== null && (to.id !== "0" || to.nickname !== "")) return toUser(to, head.context.anchorId);
  const [only] = ids;
  return only === undefined || only === "0" || ids.length > 1 ? null : strangerUser(only, head.context.anchorId);
}

function build(
  head: Head,
  kind: GiftEvent["kind"],
  user: User,
  gift: GiftEvent["gift"],
  unitDiamonds: number | null,
  receiver: User | null,
  combo: string,
  traceId: string | null,
  claim: Claim,
  unitsPerClick = 1,
): Draft {
  const { context } = head;
  const event: GiftEvent = {
    id: head.id,
    room: context.room,
    webRid: context.webRid,
    sessionId: context.sessionId,
    method: head.method,
    type: "gift",
    time: head.time,
    receivedAt: context.receivedAt,
    source: context.source,
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
  return { event, claim };
}
