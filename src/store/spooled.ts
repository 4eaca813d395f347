import type { RoomKey } from "./log.js";

/** Frames of a room that came while the database was away, uploaded by a process that cannot tell whether the room is its own. */
export interface SpooledPart {
  readonly n: number;
  readonly room: RoomKey;
  /** A recording, as `platform/wire/recording` writes it. */
  readonly bytes: Uint8Array;
}

/** What was spooled and waits for the owners of its rooms. */
export interface Spooled {
  /** @throws DyliveError not_found when there is no such room */
  put(room: RoomKey, bytes: Uint8Array): Promise<void>;
  /** The oldest parts of these rooms. */
  take(rooms: readonly RoomKey[], limit: number): Promise<readonly SpooledPart[]>;
  /** The oldest parts that have waited for so long of rooms that no living process collects. */
  orphans(waitedMs: number, limit: number): Promise<readonly SpooledPart[]>;
  /** They were run through the pipeline. */
  done(parts: readonly number[]): Promise<void>;
  /** Bytes that wait, of all rooms. */
  waiting(): Promise<number>;
}
