import type { NewEventOf } from "../events/event.js";
import type { RoomState } from "../health/state.js";
import type { RoomKey, SystemNews } from "../store/log.js";

/** Broadcast and room that an event is of, as the platform names them. */
type InBroadcast = Pick<NewEventOf<"gap">, "sessionId" | "webRid">;

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
  { sessionId, webRid }: InBroadcast,
  from: number | null,
  to: number,
  reason: string,
): NewEventOf<"gap"> {
  return {
    id: from === null ? `gap:${to}:unknown` : `gap:${from}:${to}`,
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

/** Returns the event that says in a room's log what the operator is told of it in the system's, too. */
export function alarmEvent(
  room: RoomKey,
  { sessionId, webRid }: InBroadcast,
  { kind, text, session, evidence }: Omit<SystemNews, "about">,
  at: number,
): NewEventOf<"system"> {
  return {
    id: `system:${kind}:${at}${session === undefined || session === null ? "" : `:${session}`}`,
    room,
    webRid,
    sessionId,
    method: "dylive",
    type: "system",
    time: at,
    receivedAt: at,
    source: "system",
    revision: 0,
    kind,
    text,
    ...(session !== undefined && { session }),
    ...(evidence !== undefined && { evidence }),
  };
}
