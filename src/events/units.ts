import type { GiftEvent } from "./combo.js";

/** Makes a gift message's event with what the ledger found: the units that are new, under the combo that counts them. */
export function giveUnits(event: GiftEvent, comboId: string, delta: number, comboTotal: number, settled: boolean): GiftEvent {
  const given: GiftEvent = {
    id: event.id,
    room: event.room,
    webRid: event.webRid,
    sessionId: event.sessionId,
    method: event.method,
    type: "gift",
    time: event.time,
    receivedAt: event.receivedAt,
    source: event.source,
    revision: event.revision,
    user: event.user,
    kind: event.kind,
    gift: event.gift,
    delta,
    comboTotal,
    settled,
    unitDiamonds: event.unitDiamonds,
    diamonds: event.unitDiamonds === null ? null : delta * event.unitDiamonds,
    receiver: event.receiver,
    comboId,
    traceId: event.traceId,
  };
  if (event.unitsPerClick !== undefined) given.unitsPerClick = event.unitsPerClick;
  if (event.timeEstimated) given.timeEstimated = true;
  if (event.test) given.test = true;
  if (event.valueFen !== undefined) given.valueFen = event.valueFen;
  if (event.luckyCubeId !== undefined) given.luckyCubeId = event.luckyCubeId;
  return given;
}

/** Makes the event that settles a combo whose end brought no new units. It happened when the end did. */
export function settleAtEnd(end: GiftEvent, comboId: string, high: number): GiftEvent {
  return settle(end, comboId, high, end.time, end.timeEstimated === true, end.receivedAt);
}

/** Makes the event that settles a combo whose end never came. Its time is an estimate: the end of the silence. */
export function settleAfterSilence(last: GiftEvent, high: number, time: number, now: number): GiftEvent {
  return settle(last, last.comboId, high, time, true, now);
}

function settle(last: GiftEvent, comboId: string, high: number, time: number, estimated: boolean, receivedAt: number): GiftEvent {
  const event: GiftEvent = {
    id: `settle:${comboId}`,
    room: last.room,
    webRid: last.webRid,
    sessionId: last.sessionId,
    method: "dylive",
    type: "gift",
    time,
    receivedAt,
    source: "system",
    revision: 0,
    user: last.user,
    kind: last.kind,
    gift: last.gift,
    delta: 0,
    comboTotal: high,
    settled: true,
    unitDiamonds: last.unitDiamonds,
    diamonds: last.unitDiamonds === null ? null : 0,
    receiver: last.receiver,
    comboId,
    traceId: last.traceId,
  };
  if (last.unitsPerClick !== undefined) event.unitsPerClick = last.unitsPerClick;
  if (estimated) event.timeEstimated = true;
  return event;
}
