import type { Clock } from "../clock.js";
import type { NewEvent } from "../events/event.js";
import type { RoomKey } from "../log/log.js";
import type { Store } from "../log/store.js";
import type { Received } from "../sources/source.js";
import type { Budgets } from "./budget.js";
import type { Collector } from "./collector.js";
import type { Broadcast, Without } from "./pipeline.js";
import type { Reach } from "./place.js";
import type { Raw } from "./raw.js";
import type { CollectorRegistry } from "./registry.js";
import type { Spool } from "./spool.js";

/** What collectors are built of; the same for all rooms. */
export interface CollectorParts extends Reach {
  readonly store: Store;
  readonly clock: Clock;
  /** ms between looks at a room that is not live */
  readonly pollMs: number;
  readonly setAside: (event: NewEvent, error: unknown) => void;
  /** Told of every batch as received, before it is stored: for recording. */
  readonly onReceived?: (received: readonly Received[], broadcast: Broadcast) => void;
  /** Who keeps the frames of rooms that are to be recorded. */
  readonly raw?: Raw;
  /** Where frames wait while the store is away; without one the platform is held back meanwhile. */
  readonly spool?: Spool;
  /** Knows who was erased while something waited there. */
  readonly erased?: () => Promise<Without | null>;
}

/** What all collectors of a process share. */
export interface Shared extends Budgets {
  readonly registry: CollectorRegistry<Collector>;
}

/**
 * Why a collector has ended by itself: another process has the room, another collector of this one has, its name leads to another room by now, or
 * the room is paused.
 */
export type Ending =
  | { readonly why: "no_account" | "lost" | "moved" }
  | { readonly why: "twin"; readonly of: Collector }
  | { readonly why: "paused"; readonly room: RoomKey };
