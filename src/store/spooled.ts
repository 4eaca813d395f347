import type { RoomKey } from "./log.js";

/** Frames of a room that came while the database was away, uploaded by a process that cannot tell whether the room is its own. */
export interface SpooledPart {
  readonly n: number;
  readonly room: RoomKey;
  /** Recording, as `platform/wire/recording` writes it. */
  readonly bytes: Uint8Array;
}

/** Spooled frames that wait for the owners of their rooms. */
export interface Spooled {
  /** Stores frames of a room. @throws DyliveError not_found when there is no such room */
  put(room: RoomKey, bytes: Uint8Array): Promise<void>;
  /** Returns the oldest parts of these rooms. */
  take(rooms: readonly RoomKey[], limit: number): Promise<readonly SpooledPart[]>;
  /** Returns the oldest parts that have waited for so long of rooms that no living process collects. */
  orphans(waitedMs: number, limit: number): Promise<readonly SpooledPart[]>;
  /** Removes parts that were run through the pipeline. */
  done(parts: readonly number[]): Promise<void>;
  /** Returns the bytes that wait, of all rooms. */
  waiting(): Promise<number>;
}
