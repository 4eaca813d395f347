import type { EventType, LiveEvent, NewEvent } from "../events/event.js";

/** Internal integer of a room: the anchor's place, not one broadcast. Never changes. Room 0 is the system's. */
export type RoomKey = number;

/** Events of one room in the order they are to be stored. `epoch` is that of the room's claim ({@link Rooms.claim}). */
export interface RoomBatch {
  readonly room: RoomKey;
  readonly epoch: number;
  readonly events: readonly NewEvent[];
}

/** What became of a {@link RoomBatch}: a seq for each event, null where the id was stored before; or the claim is no longer ours. */
export type Appended = { readonly room: RoomKey; readonly head: number } & (
  | { readonly stored: readonly (number | null)[]; readonly fenced?: undefined }
  | { readonly fenced: true; readonly stored?: undefined }
);

/** Conditions that a store pushes down to its engine. All given ones must hold. */
export interface Where {
  readonly types?: readonly EventType[];
  readonly sessionId?: string;
  readonly userId?: string;
  readonly minDiamonds?: number;
}

/** A page of a room's log. */
export interface Page {
  readonly events: readonly LiveEvent[];
  /** Where to go on: every seq up to here (or down to here, for `readBefore`) has been looked at, also when nothing matched. */
  readonly scanned: number;
  /** The room's newest seq when the page was read; 0 for an empty log. */
  readonly head: number;
  /** A removed range that this page passed over, both ends included. */
  readonly removed?: readonly [from: number, to: number];
}

/** The ledger's mark of one gift combo: the largest `comboTotal` stored, and whether it was settled. */
export interface ComboMark {
  readonly high: number;
  readonly settled: boolean;
}

/** The ordered log of every room. What was given a seq is on disk. One suite tests every implementation: `test/contracts/log.ts`. */
export interface Log {
  /** Names this store; new when it is created or restored. Part of every cursor. */
  readonly id: string;
  /** One durable transaction for all rooms; a fenced room does not fail the others. Concurrent calls may share a transaction (group commit ≤10 ms). */
  append(batches: readonly RoomBatch[]): Promise<readonly Appended[]>;
  /** Events with seq > after, oldest first. */
  read(room: RoomKey, after: number, limit: number, where?: Where): Promise<Page>;
  /** Events with seq < before, given oldest first: the newest `limit` of them. */
  readBefore(room: RoomKey, before: number, limit: number, where?: Where): Promise<Page>;
  /** Oldest kept and newest seq by room; a room without events has head 0 and oldest 1. */
  heads(rooms?: readonly RoomKey[]): Promise<ReadonlyMap<RoomKey, { readonly oldest: number; readonly head: number }>>;
  /** Marks of the combos known by these ids. */
  combos(room: RoomKey, ids: readonly string[]): Promise<ReadonlyMap<string, ComboMark>>;
  /** Which of these event ids are stored (tombstones included): a gift with a known id must not move the ledger. */
  known(room: RoomKey, ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Rooms that got events since the last yield. May wake too often, never too seldom; also sees other processes' appends. */
  wakes(signal: AbortSignal): AsyncIterable<ReadonlySet<RoomKey>>;
  /** Redecode and erase: same seq and id, revision + 1. */
  replace(room: RoomKey, events: readonly LiveEvent[]): Promise<void>;
  /** Removes a range and records that it was removed. */
  remove(room: RoomKey, from: number, to: number, reason: "retention"): Promise<void>;
  close(): Promise<void>;
}
