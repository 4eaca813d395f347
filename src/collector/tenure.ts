import type { RoomKey } from "../store/log.js";

/** Tenure of a room by a process of a cluster. Without one the room is its process's alone, as on SQLite. */
export interface Tenure {
  /** Claims the room's log: the new epoch, or null when the room is another process's. */
  claim(room: RoomKey): Promise<number | null>;
  /** Whether another process goes on collecting the room until this one claims it. */
  readonly planned: boolean;
}
