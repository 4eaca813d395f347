import type { Leases } from "./leases.js";
import type { RoomKey } from "./log.js";
import type { sqlShared } from "./sql/meta.js";
import type { WantedRooms } from "./wanted-rooms.js";

/**
 * Locks by name, each of which one process of a cluster holds at a time, for as long as it lives: a reader's turn, whichever process it
 * comes to.
 */
export interface DistributedLocks {
  /**
   * Waits until nobody holds the name, and takes it. The process that holds it is told that it is wanted.
   * @param onWanted called when another process waits for it, and when it is lost with its connection: then another may have it
   * @returns a function that gives it up and never rejects
   * @throws DyliveError store_unreachable, stopping; the signal's reason
   */
  take(name: string, onWanted: () => void, signal: AbortSignal): Promise<() => Promise<void>>;
  /**
   * Takes the name if nobody holds it. The process that holds it is told nothing; this one must not hold it.
   * @returns as `take`; null when another process holds it
   * @throws DyliveError store_unreachable, stopping
   */
  tryTake(name: string, onWanted: () => void): Promise<(() => Promise<void>) | null>;
  /** Returns whether any process holds the name, this one included. @throws as `tryTake` */
  isHeld(name: string): Promise<boolean>;
}

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

/** Things that the processes of a cluster share beside the store itself. */
export interface Cluster {
  readonly leases: Leases;
  readonly wantedRooms: WantedRooms;
  readonly spooled: Spooled;
  readonly locks: DistributedLocks;
  /** Short texts that the processes share, by name, such as a token that only one of them may fetch. */
  readonly shared: ReturnType<typeof sqlShared>;
}
