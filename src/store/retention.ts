import type { RoomKey } from "./log.js";

/** Kinds of data that may be kept for less than for ever. `raw` are recordings of raw frames. */
export const RETAINED = ["events", "statistics", "raw"] as const;
export type Retained = (typeof RETAINED)[number];

/** Limits of a kind; null is no limit. Of statistics only the age counts. */
export interface Limits {
  /** Longest time since it was received, in ms; of statistics, since the last event of the broadcast. */
  readonly maxAgeMs: number | null;
  /** Most bytes of a room: of events their JSON text, which is some 75 % of what they take on disk. */
  readonly maxBytes: number | null;
}

/** Limits of every kind. */
export type LimitsOf = Readonly<Record<Retained, Limits>>;

/** Size of the store. */
interface StoreSize {
  /** Bytes on disk that hold something; on PostgreSQL also what was freed and not yet used again. */
  readonly used: number;
  /** Bytes of the file that were freed and not yet given back to the disk. */
  readonly free: number;
}

/** Limits of what is kept of each room, and the space that it takes. */
export interface Retention {
  /** Returns the limits that were set for this room; a kind that is absent follows the server's setting. */
  limits(room: RoomKey): Promise<Partial<LimitsOf>>;
  /** Sets a kind's limits for this room; null follows the server's setting again. @throws DyliveError not_found */
  setLimits(room: RoomKey, kind: Retained, limits: Limits | null): Promise<void>;
  /** Returns the bytes of the JSON text of the events that are kept of a room, as far as they are in the search index. */
  size(room: RoomKey): Promise<number>;
  /** Returns the size of the store; null for a store that has no file. */
  storeSize(): Promise<StoreSize | null>;
  /** Gives some freed pages back to the disk. @returns whether there are more */
  giveBack(): Promise<boolean>;
  /**
   * Returns the ends, ms UTC, of the days that events are kept under, oldest first; null for a store that keeps none. Ids tell the day;
   * events whose id tells none are under no day.
   */
  days(): Promise<readonly number[] | null>;
  /**
   * Drops the events of all rooms by whole days: of the days that had ended at this time, ms UTC. In contrast to `Log.remove` this takes no
   * longer for many events than for few. Such events are refused from then on. A day that is being read is left for the next time.
   * @returns how many days were dropped; 0 for a store that keeps none
   */
  dropDays(before: number): Promise<number>;
  /**
   * Returns the platform time, ms UTC, of the newest event of a room that was removed: what is older would come a second time. Null when
   * nothing was.
   */
  horizon(room: RoomKey): Promise<number | null>;
  /** Moves the horizon forward, never back. */
  setHorizon(room: RoomKey, time: number): Promise<void>;
}
