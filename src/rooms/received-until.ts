import { EVENT_TYPES, type LiveEvent } from "../events/event.js";
import type { RoomKey } from "../log/log.js";
import type { Store } from "../log/store.js";

/** Newest events that are looked at: those of our own, which prove nothing, are few. */
const LOOK = 50;
/** Types of events that come from the platform. */
const TYPES = EVENT_TYPES.filter((type) => !["state", "gap", "system", "erased"].includes(type));

/**
 * Until when (ms UTC) an earlier process had stored what it received of a broadcast: the receipt of its last event there, or, where it stored
 * none, when it opened the broadcast. Null when no process was there before `since`.
 */
export async function receivedUntil(
  { log, sessions }: Pick<Store, "log" | "sessions">,
  room: RoomKey,
  sessionId: string,
  since: number,
): Promise<number | null> {
  const { events } = await log.readBefore(room, Number.MAX_SAFE_INTEGER, LOOK, { types: TYPES });
  const last = events.filter((event) => event.sessionId === sessionId && isReceived(event)).map(({ receivedAt }) => receivedAt);
  if (last.length > 0) return Math.max(...last);
  const session = await sessions.get(room, sessionId);
  return session !== null && session.openedAt < since ? session.openedAt : null;
}

/** Whether an event came with a frame; a combo is settled by the clock. */
function isReceived({ id, source }: LiveEvent): boolean {
  return source !== "system" && !id.startsWith("settle:");
}
