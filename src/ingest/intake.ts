import type { NewEvent } from "../events/event.js";
import type { RoomHealth } from "../health/room-health.js";
import type { Received } from "../platform/access/source.js";
import type { Clock } from "../runtime/clock.js";
import { DyliveError, type ErrorCode } from "../runtime/errors.js";
import { isStoreDown, storeDownReason } from "../runtime/store-down.js";
import type { Broadcast, Pipeline, Stored } from "./pipeline.js";

/** Result of taking a batch. */
export interface Taken {
  /** Messages that people caused. */
  readonly interactive: number;
  /** Whether the end of the broadcast was announced. */
  readonly ended: boolean;
  /** Reason why its frames are lost; null where they are kept. */
  readonly lost: string | null;
}

/** The way of one room's frames, and of our own events about it, into its log. */
export interface Intake {
  /** Takes a batch as it came. @throws DyliveError not_owner; the signal's reason */
  take(batch: readonly Received[], broadcast: Broadcast, signal: AbortSignal): Promise<Taken>;
  /** Stores an event of our own, in its turn. */
  own(event: NewEvent, signal: AbortSignal): Promise<void>;
  /** Defers work on the store, which may be done twice, until everything before it is stored. */
  defer(work: () => Promise<unknown>, signal: AbortSignal): Promise<void>;
  /** Settles combos that fell silent. */
  settle(): Promise<unknown>;
  /** Ends it; what is not stored by then is kept where it can be. */
  close(): Promise<void>;
}

/** Stores at once; while the store takes nothing, callers wait, so that the socket is held back. */
export class DirectIntake implements Intake {
  readonly #pipeline: Pipeline;
  readonly #health: RoomHealth;
  readonly #clock: Clock;

  constructor(pipeline: Pipeline, health: RoomHealth, clock: Clock) {
    this.#pipeline = pipeline;
    this.#health = health;
    this.#clock = clock;
  }

  async take(batch: readonly Received[], broadcast: Broadcast, signal: AbortSignal): Promise<Taken> {
    const stored = await heldBack(() => this.#pipeline.store(batch, broadcast), this.#health, this.#clock, signal);
    return { ...tellStored(this.#health, stored, batch[batch.length - 1]?.receivedAt ?? this.#clock.now()), lost: null };
  }

  async own(event: NewEvent, signal: AbortSignal): Promise<void> {
    await heldBack(() => this.#pipeline.own(event), this.#health, this.#clock, signal);
  }

  async defer(work: () => Promise<unknown>): Promise<void> {
    await work();
  }

  settle(): Promise<unknown> {
    return this.#pipeline.settle();
  }

  async close(): Promise<void> {}
}

/** Tells the room's health of what was received at `at` and is stored. */
export function tellStored(health: RoomHealth, stored: Stored, at: number): Omit<Taken, "lost"> {
  health.frame(at);
  for (const [method, n] of stored.methods) health.message(method, n);
  for (const [reason, n] of stored.drops) health.drop(reason, n);
  return { interactive: health.stored(stored.events, at), ended: stored.ended };
}

const STORE_RETRY_MS = 1000;
/** Errors of a store that may take something later. */
const STORE_PROBLEMS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "disk_full",
  "store_failed",
  "store_readonly",
  "store_damaged",
  "store_unreachable",
]);

/**
 * Does what the store must take, again and again while it takes nothing (a full disk, a lock): callers that wait for it hold back what
 * comes after. The room's state says so meanwhile.
 * @throws what the work throws for another reason; the signal's reason
 */
export async function heldBack<T>(work: () => Promise<T>, health: RoomHealth, clock: Clock, signal: AbortSignal): Promise<T> {
  let refused = false;
  try {
    for (;;) {
      try {
        const done = await work();
        if (refused) health.storeTakes();
        refused = false;
        return done;
      } catch (error) {
        if (!isStoreDown(error) || signal.aborted) throw error;
        health.storeRefuses(storeDownReason(error));
        refused = true;
        await clock.sleep(STORE_RETRY_MS, signal);
      }
    }
  } finally {
    if (refused) health.storeRefuses(null);
  }
}

/** Returns whether an error is one of a store that may take something later: a full disk must not end a collection. */
export function isStoreProblem(error: unknown): error is DyliveError {
  return error instanceof DyliveError && STORE_PROBLEMS.has(error.code);
}
