import type { Claim, Draft, GiftEvent } from "../../../src/events/combo.js";
import type { User } from "../../../src/events/event.js";

/** A user of whom only the id is known. */
export function person(id: string): User {
  return {
    id,
    secUid: null,
    displayId: null,
    shortId: null,
    nickname: null,
    avatar: null,
    gender: null,
    payLevel: null,
    fansClub: null,
    isAdmin: false,
    isAnchor: false,
    masked: false,
  };
}

interface GiftForm {
  readonly id: string;
  readonly combo: string;
  readonly total: number;
  readonly end?: boolean;
  readonly single?: boolean;
  readonly apart?: string | undefined;
  readonly masked?: boolean;
  readonly kind?: GiftEvent["kind"];
  readonly trace?: string | undefined;
  readonly at?: number;
  readonly unit?: number | null;
}

/** A gift as normalise gives it. */
export function gift(form: GiftForm): Draft & { event: GiftEvent } {
  const at = form.at ?? 1_700_000_000_000;
  const unit = form.unit === undefined ? 10 : form.unit;
  const claim: Claim = { total: form.total, end: form.end === true, single: form.single === true, apart: form.apart };
  const event: GiftEvent = {
    id: form.id,
    room: 1,
    webRid: "745964462470",
    sessionId: "7000000000000000001",
    method: "WebcastGiftMessage",
    type: "gift",
    time: at,
    receivedAt: at,
    source: "recording",
    revision: 0,
    user: form.masked === true ? { ...person("5"), id: null, masked: true } : person("5"),
    kind: form.kind ?? "gift",
    gift: { id: "463", name: "小心心", icon: null },
    delta: 0,
    comboTotal: form.total,
    settled: false,
    unitDiamonds: unit,
    diamonds: unit === null ? null : 0,
    receiver: null,
    comboId: form.combo,
    traceId: form.trace ?? null,
  };
  return { event, claim };
}
