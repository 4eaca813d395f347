import { type Draft, type GiftEvent, twinKey } from "../events/combo.js";
import type { LiveEvent } from "../events/event.js";

/** What stands for people who were taken out of an event (`erasure/identity.ts`). */
const PSEUDONYM = /\bp[0-9a-f]{16}\b/;

/**
 * A stored event as it is decoded now: it keeps where, when and how it came. The units of a gift stay as they were: they are reckoned later, from
 * all gifts of its combo.
 * @returns null when somebody was taken out of it: it stays as it is
 */
export function decodedAnew(stored: LiveEvent, draft: Draft): LiveEvent | null {
  if (stored.type === "erased" || PSEUDONYM.test(JSON.stringify(stored))) return null;
  const { seq, room, webRid, sessionId, receivedAt, source, revision } = stored;
  const kept = { seq, room, webRid, sessionId, receivedAt, source, revision };
  if (draft.claim !== null) return { ...giftAnew(stored, draft), ...kept };
  // Ranks that name somebody who was erased were taken out of it.
  if (draft.event.type === "stats" && stored.type === "stats" && revision > 0 && stored.ranks === undefined) {
    const { ranks: _, ...event } = draft.event;
    return { ...event, ...kept };
  }
  return { ...draft.event, ...kept };
}

function giftAnew(stored: LiveEvent, { event, claim }: Extract<Draft, { event: GiftEvent }>): GiftEvent {
  const { unitDiamonds } = event;
  const priced = (delta: number) => ({ delta, diamonds: unitDiamonds === null ? null : delta * unitDiamonds });
  // It was something else so far: what it claims is all its own until it is reckoned.
  if (stored.type !== "gift") return { ...event, ...priced(claim.total), comboTotal: claim.total, settled: claim.end || claim.single };
  const { delta, comboTotal, settled } = stored;
  const comboId = joins(stored, event) ? stored.comboId : event.comboId;
  return { ...event, ...priced(delta), comboTotal, settled, comboId };
}

/** Whether a gift is counted under another form of the same action (a light or a binding gift), whose name is not its own. */
function joins(stored: GiftEvent, event: GiftEvent): boolean {
  if (stored.comboId === event.comboId || twinKey(stored.comboId) !== twinKey(event.comboId)) return false;
  const group = stored.comboId.split(".").at(-2) ?? "";
  return event.kind !== "gift" || !group.startsWith("g");
}
