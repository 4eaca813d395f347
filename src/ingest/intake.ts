import type { NewEvent, NewEventOf } from "../events/event.js";
import type { RoomHealth } from "../health/room-health.js";
import type { RoomState } from "../health/state.js";
import type { Clock } from "../runtime/clock.js";
import { DyliveError, type ErrorCode } from "../runtime/errors.js";
import { isStoreDown, storeDownReason } from "../store/health.js";
import type { RoomKey, SystemNews } from "../store/log.js";
import type { Broadcast, IncomingFrame, Pipeline } from "./pipeline.js";

/** Result of taking a batch. */
export interface IntakeResult {
  /** Messages that people caused. */
  readonly interactive: number;
  /** Whether the end of the broadcast was announced. */
  readonly ended: boolean;
}

/**
 * The way of one room's frames, and of our own events about it, into its log. While the store takes nothing, callers wait: frames then wait in
 * the queues of their sockets, and when those are full, the sockets are not read.
 */
export class Intake {
  readonly #pipeline: Pipeline;
  readonly #health: RoomHealth;
  readonly #clock: Clock;

  constructor(pipeline: Pipeline, health: RoomHealth, clock: Clock) {
    this.#pipeline = pipeline;
    this.#health = health;
    this.#clock = clock;
  }

  /** Epoch of this process's claim of the room; 0 while there is none. */
  get epoch(): number {
    return this.#pipeline.epoch;
  }

  /** Stores a batch as it came. @throws DyliveError not_owner; the signal's reason */
  async take(batch: readonly IncomingFrame[], broadcast: Broadcast, signal: AbortSignal): Promise<IntakeResult> {
    const health = this.#health;
    const stored = await withBackpressure(() => this.#pipeline.store(batch, broadcast), health, this.#clock, signal);
    const at = batch[batch.length - 1]?.receivedAt ?? this.#clock.now();
    for (const [method, n] of stored.methods) health.message(method, n);
    for (const [reason, n] of stored.drops) health.drop(reason, n);
    const interactive = health.stored(stored.events, at);
    health.brought(stored.sightings, stored.events);
    return { interactive, ended: stored.ended };
  }

  /** Stores an event of our own. @throws DyliveError not_owner; the signal's reason */
  async own(event: NewEvent, signal: AbortSignal): Promise<void> {
    await withBackpressure(() => this.#pipeline.own(event), this.#health, this.#clock, signal);
  }

  /** Settles combos that fell silent. */
  settle(): Promise<unknown> {
    return this.#pipeline.settle();
  }
}

const STORE_RETRY_MS = 1000;
/** Errors of a store that may take something later. */
const STORE_PROBLEMS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "disk_full",
  "store_failed",
  "store_readonly",
  "store_damaged",
  "store_locked",
  "store_unreachable",
]);

/**
 * Does what the store must take, again and again while it takes nothing (a database that is away, a full disk, a lock): callers that wait for
 * it hold back what comes after. The room's state says so meanwhile.
 * @throws what the work throws for another reason; the signal's reason
 */
export async function withBackpressure<T>(work: () => Promise<T>, health: RoomHealth, clock: Clock, signal: AbortSignal): Promise<T> {
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

/** Broadcast and room that an event is of, as the platform names them. */
type InBroadcast = Pick<NewEventOf<"gap">, "sessionId" | "webRid">;

/** Fields that are the same in all events of our own. @param receivedAt ms UTC */
function ownFields(room: RoomKey, { sessionId, webRid }: InBroadcast, receivedAt: number) {
  return { room, webRid, sessionId, method: "dylive", receivedAt, source: "system", revision: 0 } as const;
}

/** Returns the event that says that a room changed its state at `at` (ms). */
export function stateEvent(
  room: RoomKey,
  sessionId: string | null,
  from: RoomState,
  to: RoomState,
  evidence: Record<string, unknown>,
  at: number,
): NewEventOf<"state"> {
  return { ...ownFields(room, { sessionId, webRid: null }, at), id: `state:${at}:${to}`, type: "state", time: at, from, to, evidence };
}

/**
 * Returns the event that says that nothing was received between two times (ms) although the room was live; `from` is null where it is
 * unknown.
 */
export function gapEvent(room: RoomKey, of: InBroadcast, from: number | null, to: number, reason: string): NewEventOf<"gap"> {
  const id = from === null ? `gap:${to}:unknown` : `gap:${from}:${to}`;
  return { ...ownFields(room, of, to), id, type: "gap", time: from ?? to, from, to, reason };
}

/** Returns the event that says in a room's log what the system's log says of it, too. */
export function alarmEvent(
  room: RoomKey,
  of: InBroadcast,
  { kind, text, session, evidence }: Omit<SystemNews, "about">,
  at: number,
): NewEventOf<"system"> {
  return {
    ...ownFields(room, of, at),
    id: `system:${kind}:${at}${session === undefined || session === null ? "" : `:${session}`}`,
    ...{ type: "system", time: at, kind, text },
    ...(session !== undefined && { session }),
    ...(evidence !== undefined && { evidence }),
  };
}
