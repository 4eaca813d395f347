import { DyliveError } from "../../runtime/errors.js";
import type { RoomKey } from "../log.js";
import { row, rows, run, type SqlDatabase } from "./work.js";

/** Kinds of data that may be kept for less than forever. `raw` are recordings of raw frames. */
export const RETAINED = ["events", "statistics", "raw"] as const;
type Retained = (typeof RETAINED)[number];

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
export interface StoreSize {
  /** Bytes on disk that hold something; on PostgreSQL also what was freed and not yet used again. */
  readonly used: number;
  /** Bytes of the file that were freed and not yet given back to the disk. */
  readonly free: number;
}

/** Part of the limits that only an engine knows: how much there is, and how it is given back. */
export interface StoredSizes {
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
}

/** Limits of what is kept of each room, and the space that it takes. */
export type Retention = ReturnType<typeof sqlRetention>;

/** Returns the limits of a database's rooms. */
export function sqlRetention({ dialect, ask, lane }: SqlDatabase, sizes: StoredSizes) {
  const write = lane();
  return {
    ...sizes,
    /** Returns the limits that were set for this room; a kind that is absent follows the server's setting. */
    limits: (room: RoomKey): Promise<Partial<LimitsOf>> =>
      ask(function* () {
        const sql = `SELECT kind, max_age_ms AS "maxAgeMs", max_bytes AS "maxBytes" FROM retention WHERE room = $1`;
        const stored = yield* rows<Limits & { readonly kind: string }>(sql, room);
        const kept = new Map(stored.map(({ kind, maxAgeMs, maxBytes }) => [kind, { maxAgeMs, maxBytes }]));
        return Object.fromEntries(RETAINED.flatMap((kind) => (kept.has(kind) ? [[kind, kept.get(kind)]] : [])));
      }),
    /** Sets a kind's limits for this room; null follows the server's setting again. @throws DyliveError not_found */
    setLimits: (room: RoomKey, kind: Retained, limits: Limits | null): Promise<void> =>
      write(function* () {
        const known = yield* row("SELECT room FROM rooms WHERE room = $1 AND watched >= 0", room);
        if (known === undefined) throw new DyliveError("not_found", "there is no such room");
        yield* run("DELETE FROM retention WHERE room = $1 AND kind = $2", room, kind);
        if (limits === null) return;
        const sql = "INSERT INTO retention(room, kind, max_age_ms, max_bytes) VALUES ($1, $2, $3, $4)";
        yield* run(sql, room, kind, limits.maxAgeMs, limits.maxBytes);
      }),
    /**
     * Returns the platform time, ms UTC, of the newest event of a room that was removed: what is older would come a second time. Null when
     * nothing was.
     */
    horizon: (room: RoomKey): Promise<number | null> =>
      ask(function* () {
        return (yield* row<{ time: number }>("SELECT time FROM horizons WHERE room = $1", room))?.time ?? null;
      }),
    /** Moves the horizon forward, never back. */
    setHorizon: (room: RoomKey, time: number): Promise<void> =>
      write(function* () {
        yield* run(
          `INSERT INTO horizons(room, time) VALUES ($1, $2)
           ON CONFLICT (room) DO UPDATE SET time = ${dialect.greatest}(horizons.time, excluded.time)`,
          ...[room, time],
        );
      }),
  };
}
