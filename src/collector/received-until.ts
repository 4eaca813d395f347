import { EVENT_TYPES, type EventType } from "../events/event.js";
import type { Log, RoomKey } from "../store/log.js";
import type { RoomStore } from "../store/store.js";

/** Event types that never show that something was received. A gap does: it ends with a receipt. */
const OWN: ReadonlySet<EventType> = new Set<EventType>(["state", "system", "work", "erased"]);
const TYPES = EVENT_TYPES.filter((type) => !OWN.has(type));
/** Number of newest events of a room among which those of the broadcast are looked for. */
const NEWEST = 50;

/**
 * Returns until when a broadcast was received, by its resume point and the newest events that are stored of it, ms UTC. In a quiet room that
 * may be some seconds before the last answer to a heartbeat, never after it.
 * @returns null if nothing shows that it was
 */
export async function receivedUntil(
  { log, rooms }: Pick<RoomStore, "log" | "rooms">,
  room: RoomKey,
  sessionId: string,
): Promise<number | null> {
  const resume = (await rooms.get(room))?.resume;
  const stored = await newestReceipt(log, room, sessionId);
  const kept = resume?.roomId === sessionId ? resume.savedAt : null;
  return kept === null && stored === null ? null : Math.max(kept ?? 0, stored ?? 0);
}

async function newestReceipt(log: Log, room: RoomKey, sessionId: string): Promise<number | null> {
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const { events, scanned } = await log.readRoomBefore(room, before, NEWEST, { types: TYPES, tests: false });
    // A combo is settled by the clock, and a file may say any time.
    const receipts = events.filter(
      ({ id, type, source }) => type === "gap" || (source !== "system" && source !== "import" && !id.startsWith("settle:")),
    );
    const own = receipts.filter((event) => event.sessionId === sessionId);
    const last = own.at(-1);
    if (last !== undefined) return last.receivedAt;
    if (events.length > 0 || scanned <= 1 || scanned >= before) return null;
    before = scanned;
  }
}
