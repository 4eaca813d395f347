import type { EventType, LiveEventOf } from "../../events/event.js";
import type { RequestedRoom } from "../../health/state.js";
import type { Log, RoomKey } from "../../store/log.js";
import type { ApiDeps } from "../api-deps.js";
import type { HttpCall } from "../calls.js";

/** Longest wait of a first call for a room until the room's state is known, in ms. */
const SETTLE_MS = 5_000;
/** Pages looked through for the newest event of a kind: anything further back is not the newest knowledge of anything. */
const PAGES_MAX = 5;

/**
 * Returns the room that is asked for, on behalf of a call.
 * @throws DyliveError as `RoomDesk.request` does
 */
export async function requestedRoom({ rooms }: Pick<ApiDeps, "rooms">, call: HttpCall, text: string): Promise<RequestedRoom> {
  try {
    return await rooms.request(text, SETTLE_MS, call.signal);
  } catch (error) {
    throw call.reasonFor(error, "the room's state was not yet known");
  }
}

/** Returns the broadcast that is meant: the one that was asked for, else the one that is collected; null when none is known. */
export function sessionOf({ onlySession, status }: RequestedRoom): string | null {
  return onlySession ?? status.sessionId;
}

/** Finds the newest event of a type, of a broadcast or of any, that is worth something. */
export async function newest<T extends EventType>(
  log: Log,
  room: RoomKey,
  type: T,
  sessionId: string | null,
  isWanted: (event: LiveEventOf<T>) => boolean,
): Promise<LiveEventOf<T> | null> {
  const where = { types: [type], ...(sessionId !== null && { sessionId }) };
  let before = Number.MAX_SAFE_INTEGER;
  for (let page = 0; page < PAGES_MAX && before > 1; page++) {
    const { events, scanned } = await log.readBefore(room, before, 20, where);
    const found = (events as readonly LiveEventOf<T>[]).findLast(isWanted);
    if (found !== undefined) return found;
    if (scanned >= before) break;
    before = scanned;
  }
  return null;
}
