import type { NewEventOf } from "../events/event.js";
import type { GiftsNews } from "../health/gifts-watch.js";
import type { RoomState } from "../health/state.js";
import type { RoomKey } from "../store/log.js";
import type { Broadcast } from "./pipeline.js";

/** Returns the event that says that a room changed its state at `at` (ms). */
export function stateEvent(
  room: RoomKey,
  sessionId: string | null,
  from: RoomState,
  to: RoomState,
  evidence: Record<string, unknown>,
  at: number,
): NewEventOf<"state"> {
  return {
    id: `state:${at}:${to}`,
    room,
    webRid: null,
    sessionId,
    method: "dylive",
    type: "state",
    time: at,
    receivedAt: at,
    source: "system",
    revision: 0,
    from,
    to,
    evidence,
  };
}

/**
 * Returns the event that says that nothing was received between two times (ms) although the room was live; `from` is null where nobody
 * knows.
 */
export function gapEvent(
  room: RoomKey,
  { sessionId, webRid }: Pick<Broadcast, "sessionId" | "webRid">,
  from: number | null,
  to: number,
  reason: string,
): NewEventOf<"gap"> {
  return {
    id: from === null ? `gap:${to}:unknown` : `gap:${from}`,
    room,
    webRid,
    sessionId,
    method: "dylive",
    type: "gap",
    time: from ?? to,
    receivedAt: to,
    source: "system",
    revision: 0,
    from,
    to,
    reason,
  };
}

/** Returns the event that says in a room's log that gifts do not reach us any more, or do again. */
export function giftsEvent(
  room: RoomKey,
  sessionId: string | null,
  kind: GiftsNews["kind"],
  text: string,
  at: number,
): NewEventOf<"system"> {
  return {
    id: `system:${kind}:${at}`,
    room,
    webRid: null,
    sessionId,
    method: "dylive",
    type: "system",
    time: at,
    receivedAt: at,
    source: "system",
    revision: 0,
    kind,
    text,
  };
}

/** Returns what happened to the gifts of a room, on what evidence, and what can be done. */
export function giftsText(room: RoomKey, account: string | null, { kind, witnessed, missing }: GiftsNews): string {
  const who = account === null ? "a guest" : `account ${account}`;
  if (kind === "gifts.flowing") return `room ${room}: gifts reach us again (as ${who}): they explain what the platform's ranks rise by`;
  return `room ${room}: the platform keeps gifts from us (as ${who}): its ranks rose by ${missing} diamonds for which no gift came (by ${witnessed} in all). Use your own everyday browser first (DYLIVE_CDP); see docs/login-and-gifts.md`;
}
