import { EVENT_TYPES, type LiveEvent } from "../events/event.js";
import type { RoomKey } from "../store/log.js";
import type { Ahead, Noted } from "../store/rooms.js";
import type { Store } from "../store/store.js";

/** Newest events that are looked at: those of our own, which prove nothing, are few. */
const LOOK = 50;
/** Types of events that come from the platform. */
const TYPES = EVENT_TYPES.filter((type) => !["state", "gap", "system", "erased"].includes(type));

/** Times of so many of the newest tell by how much the clock of who received them was ahead of the platform's: enough to outvote a wrong one. */
const VOTES = 15;

/**
 * Until when an earlier process had stored what it received of a broadcast: the receipt of its last event there, or, where it stored none, when
 * it opened the broadcast. Null when no process was there before.
 * @param openedHere when this process opened the broadcast, ms UTC; null where it did not
 */
export async function receivedUntil(
  { log, sessions }: Pick<Store, "log" | "sessions">,
  room: RoomKey,
  sessionId: string,
  openedHere: number | null,
): Promise<Noted | null> {
  const { events } = await log.readBefore(room, Number.MAX_SAFE_INTEGER, LOOK, { types: TYPES });
  const received = events.filter((event) => event.sessionId === sessionId && isReceived(event));
  if (received.length > 0) return { at: Math.max(...received.map(({ receivedAt }) => receivedAt)), ahead: aheadIn(received) };
  const session = await sessions.get(room, sessionId);
  return session === null || session.openedAt === openedHere ? null : { at: session.openedAt, ahead: {} };
}

/** By how much the clock that gave events their times of receipt was ahead of the platform's. @param received in order */
function aheadIn(received: readonly LiveEvent[]): Ahead {
  const timed = received.filter(({ timeEstimated }) => timeEstimated !== true).slice(-VOTES);
  const ahead = timed.map(({ receivedAt, time }) => receivedAt - time).sort((a, b) => a - b)[timed.length >> 1];
  return ahead === undefined ? {} : { platform: ahead };
}

/** Whether an event came with a frame to a process that collected; a combo is settled by the clock, and a file says what it likes. */
function isReceived({ id, source }: LiveEvent): boolean {
  return source !== "system" && source !== "import" && !id.startsWith("settle:");
}
