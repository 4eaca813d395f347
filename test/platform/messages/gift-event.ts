import type { Claim, Draft, GiftEvent } from "../../../src/events/combo.js";
import type { User } from "../../../src/events/event.js";
import * as events from "../../http/events.js";

/** A user of whom only the id is known. */
export const person = (id: string): User => events.person({ id });

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
  const event = events.gift(0, {
    id: form.id,
    webRid: "745964462470",
    time: at,
    receivedAt: at,
    source: "recording",
    user: form.masked === true ? events.person({ masked: true }) : person("5"),
    kind: form.kind ?? "gift",
    comboTotal: form.total,
    unitDiamonds: unit,
    diamonds: unit === null ? null : 0,
    comboId: form.combo,
    traceId: form.trace ?? null,
  });
  return { event, claim };
}
