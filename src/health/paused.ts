import type { Clock } from "../runtime/clock.js";
import type { RoomKey } from "../store/log.js";
import type { RoomRow } from "../store/rooms.js";
import { type Evidence, NO_GAPS, type RoomState, type RoomStatus } from "./state.js";

/** Reason of the state `paused`, and what to do. */
export const PAUSED = "collection is paused by who manages this room; `dylive room resume`, the dashboard or a manage token goes on";

/** States of rooms that are paused, which no collector tells. */
export class PausedRooms {
  readonly #clock: Clock;
  readonly #since = new Map<RoomKey, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns the status of a room that is paused, since this process knows of it; null for any other room. */
  statusOf({ room, watch }: Pick<RoomRow, "room" | "watch">): RoomStatus | null {
    if (watch !== "paused") {
      this.#since.delete(room);
      return null;
    }
    const since = this.#since.get(room) ?? this.#clock.now();
    this.#since.set(room, since);
    return quietStatus(room, "paused", PAUSED, since);
  }
}

/** Returns the status of a room that nobody collects. @param since ms UTC */
export function quietStatus(room: RoomKey, state: RoomState, reason: string, since: number): RoomStatus {
  const evidence: Evidence = {
    reason,
    since,
    lastFrameAt: null,
    lastInteractiveAt: null,
    counts: {},
    reconnects: 0,
    drops: {},
    login: { account: null, login: "unknown" },
    gifts: "unknown",
    masked: null,
    likesSeen: null,
    storage: { received: 0, stored: 0, lastStoredAt: null, waiting: 0, waitingSince: null },
    gaps: NO_GAPS,
  };
  const broadcast = { cover: null, online: null, totalViewers: null, likes: null };
  return { room, state, sessionId: null, broadcast, evidence };
}
