import type { RoomKey } from "./log.js";

/** Broadcast of a room: (room, room_id). Times are ms UTC. */
export interface Session {
  readonly room: RoomKey;
  readonly sessionId: string;
  readonly title: string | null;
  readonly openedAt: number;
  readonly endedAt: number | null;
  /** Reason of its end: `announced`, `offline`, `replaced`; null while open. */
  readonly endReason: string | null;
}

/** Broadcasts of every room. */
export interface Sessions {
  /**
   * Opens the session unless it exists (then it only learns a title that it lacked: an ended one stays ended); an older open session of the
   * room ends as `replaced`. A room that does not exist is `not_found`.
   */
  open(room: RoomKey, sessionId: string, at: number, title?: string | null): Promise<Session>;
  /** Ends a session once; later calls change nothing, nor does an unknown session. */
  end(room: RoomKey, sessionId: string, at: number, reason: string): Promise<void>;
  /** Returns the room's sessions, newest first; those older than the one named by `before`, of which there are none where it is unknown. */
  list(room: RoomKey, limit: number, before?: string): Promise<readonly Session[]>;
  get(room: RoomKey, sessionId: string): Promise<Session | null>;
}
