import type { NewEvent } from "../events/event.js";
import type { RoomHealth } from "../health/room-health.js";
import type { Intake } from "../ingest/intake.js";
import type { Broadcast } from "../ingest/pipeline.js";
import type { Received } from "../platform/access/read.js";
import type { Reach } from "../platform/platform-access.js";
import type { Drift } from "../platform/wire/drift.js";
import { type Clock, monotonicMs } from "../runtime/clock.js";
import type { Budgets } from "../runtime/rate-limiter.js";
import type { RawRecorder } from "../sources/raw/recorder.js";
import type { RoomKey } from "../store/log.js";
import type { RoomStore } from "../store/store.js";
import type { GiftListReader } from "./gift-list-reader.js";

/** Dependencies of collectors, the same for all rooms. */
export interface CollectorDeps extends Reach {
  readonly store: RoomStore;
  readonly clock: Clock;
  /** ms between looks at a room that is not live; also as a function, where that may change */
  readonly pollMs: number | (() => number);
  readonly setAside: (event: NewEvent, error: unknown) => void;
  /** Called with every batch as received, before it is stored: for recording. */
  readonly onReceived?: (received: readonly Received[], broadcast: Broadcast) => void;
  /** Reader of the platform's list of gifts, where a catalogue of them is kept. */
  readonly giftList?: GiftListReader;
  /** Recorder of the frames of rooms that are to be recorded. */
  readonly raw?: Pick<RawRecorder, "byDefault" | "take" | "leave">;
}

/** Ownership of a room by a process. */
export interface RoomOwnership {
  /** Claims the room's log: the new epoch, or null when the room is another process's. */
  claim(room: RoomKey): Promise<number | null>;
  /** Called once, as soon as the collector knows its room. */
  readonly onMet?: () => void;
}

/** A room that this process has claimed, and the way of its frames into the log. */
export interface ClaimedRoom {
  readonly room: RoomKey;
  readonly intake: Intake;
}

/** What the parts of one collector share. */
export interface RoomContext extends CollectorDeps {
  readonly budgets: Budgets;
  readonly health: RoomHealth;
  readonly drift: Drift;
  readonly time: SteadyTime;
  /** Aborts when the collector stops. */
  readonly signal: AbortSignal;
  /** The room; null until this process has claimed it, and once another process has. */
  readonly claimed: () => ClaimedRoom | null;
}

/** Difference up to which the clock counts as not set, ms: it drifts, and is adjusted slowly. */
const DRIFT_MS = 5000;

/**
 * Times of one process that stay comparable when the clock is set: ms UTC as the clock would show it had it not been set since the start. By the
 * clock itself, one that is set forward would make every connection look dead.
 */
export class SteadyTime {
  readonly #clock: Clock;
  /** Clock minus {@link monotonicMs} at the start. */
  readonly #base: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#base = clock.now() - monotonicMs(clock);
  }

  now(): number {
    return this.steady(this.#clock.now());
  }

  /** Returns the steady time of a moment ago. @param at ms UTC by the clock */
  steady(at: number): number {
    return at - this.#setBy();
  }

  /** Returns a steady time by the clock as it is set now, ms UTC. */
  wall(at: number): number {
    return at + this.#setBy();
  }

  #setBy(): number {
    const by = Math.round(this.#clock.now() - monotonicMs(this.#clock) - this.#base);
    return Math.abs(by) <= DRIFT_MS ? 0 : by;
  }
}
