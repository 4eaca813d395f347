import type { RoomHealth } from "../health/room-health.js";
import type { RoomState } from "../health/state.js";
import type { Left } from "../ingest/take-over.js";
import type { Resolved } from "../platform/links/resolve.js";
import type { PlatformAccess } from "../platform/platform-access.js";
import type { Drift } from "../platform/wire/drift.js";
import type { Budgets } from "../runtime/budget.js";
import type { ErrorCode } from "../runtime/errors.js";
import type { RoomKey } from "../store/log.js";
import type { Noted } from "../store/rooms.js";
import type { CollectorDeps } from "./collector-deps.js";
import type { Raw } from "./raw.js";

/** Collector as its connection needs it. */
export interface ConnectionOwner {
  readonly parts: CollectorDeps;
  /** Null where the room is not recorded. */
  readonly raw: Raw | null;
  readonly budgets: Budgets;
  readonly health: RoomHealth;
  readonly access: PlatformAccess;
  readonly drift: Drift;
  to(state: RoomState, reason: string, problem?: ErrorCode | null): Promise<void>;
  /** Returns until when an earlier process had stored what it received of a broadcast; null where none was there, or one cannot know. */
  receivedUntil(room: RoomKey, sessionId: string): Promise<Noted | null>;
  resolve(signal: AbortSignal): Promise<Resolved | null>;
  /** Whether another process goes on collecting the room until {@link arrive}. */
  moving(): boolean;
  /** Whether it is another process's by now. */
  lost(): boolean;
  /**
   * Makes the room of another process ours.
   * @returns until when the other one had received, and what it was missing; null where that is not known
   */
  arrive(signal: AbortSignal): Promise<Left["resume"]>;
}
