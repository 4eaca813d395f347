import type { RoomState } from "../health/state.js";
import type { RoomKey } from "../store/log.js";
import type { Resume } from "../store/rooms.js";
import type { Store } from "../store/store.js";
import type { Pipeline } from "./pipeline.js";

/** Condition in which a room was left by the process that collected it. */
export interface Left {
  /** Broadcast that it received, until when, to some seconds, and what it was missing; null where it never said. */
  readonly resume: Pick<Resume, "roomId" | "savedAt" | "ahead" | "missing"> | null;
  /** The state that it told last. */
  readonly state: RoomState | null;
}

/** Claims a room that another process collects: from now on that one stores nothing more of it. @throws DyliveError not_owner */
export async function takeOver({ log, rooms }: Pick<Store, "log" | "rooms">, room: RoomKey, pipeline: Pipeline): Promise<Left> {
  await pipeline.claim();
  const row = await rooms.get(room);
  const [told] = (await log.readBefore(room, Number.MAX_SAFE_INTEGER, 1, { types: ["state"] })).events;
  return { resume: row?.resume ?? null, state: told?.type === "state" ? (told.to as RoomState) : null };
}

/** Returns the broadcast of a room that has not ended, by its room_id. */
export async function openSession({ sessions }: Pick<Store, "sessions">, room: RoomKey): Promise<string | null> {
  const [last] = await sessions.list(room, 1);
  return last === undefined || last.endedAt !== null ? null : last.sessionId;
}
