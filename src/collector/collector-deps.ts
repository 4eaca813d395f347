import type { NewEvent } from "../events/event.js";
import type { Broadcast, Without } from "../ingest/pipeline.js";
import type { Spool } from "../ingest/spool.js";
import type { Received } from "../platform/access/source.js";
import type { Reach } from "../platform/platform-access.js";
import type { Clock } from "../runtime/clock.js";
import type { Store } from "../store/store.js";
import type { Raw } from "./raw.js";

/** Dependencies of collectors, the same for all rooms. */
export interface CollectorDeps extends Reach {
  readonly store: Store;
  readonly clock: Clock;
  /** ms between looks at a room that is not live */
  readonly pollMs: number;
  readonly setAside: (event: NewEvent, error: unknown) => void;
  /** Told of every batch as received, before it is stored: for recording. */
  readonly onReceived?: (received: readonly Received[], broadcast: Broadcast) => void;
  /** Keeper of the frames of rooms that are to be recorded. */
  readonly raw?: Raw;
  /** Spool in which frames wait while the store is away; without one the platform is held back meanwhile. */
  readonly spool?: Spool;
  /** Knows who was erased while something waited there. */
  readonly erased?: () => Promise<Without | null>;
}
