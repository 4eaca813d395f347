import type { RoomKey } from "./log.js";

/** Tries that are kept of each hook; older ones are dropped. */
export const TRIES_KEPT = 100;
/** Longest pause between two tries that counts as failing time, in ms: while dylive was off, nobody failed. */
const COUNTED_PAUSE_MS = 3 * 3_600_000;

/** Reasons why a hook is paused: somebody asked, the receiver said that it is gone (410), or it failed for days. */
export const HOOK_PAUSES = ["asked", "gone", "failing"] as const;
type HookPause = (typeof HOOK_PAUSES)[number];

/** Settings of a hook, as somebody wants them. */
export interface HookSettings {
  readonly name: string;
  readonly url: string;
  /** Event types and names such as `room.live`; empty for what streams show by default. */
  readonly types: readonly string[];
  /** A filter expression. */
  readonly filter: string | null;
  /** Rooms whose events are sent; empty for all rooms, also those that come later. */
  readonly rooms: readonly RoomKey[];
  /** Most events of one request. */
  readonly maxEvents: number;
  /** Whether it may reach private addresses. */
  readonly allowPrivate: boolean;
}

/**
 * Secrets that a hook's deliveries are signed with, in the form `whsec_` + base64. The old one signs beside the new one until `until` (ms).
 */
export interface HookSecrets {
  readonly secret: string;
  readonly old: { readonly secret: string; readonly until: number } | null;
}

/** State of a hook's deliveries. Times are ms UTC. */
interface HookHealth {
  /**
   * Time since when nothing was delivered although it was tried, and for how much of it dylive was there to try; null while all is well.
   */
  readonly failing: { readonly since: number; readonly ms: number } | null;
  /** Last try: HTTP status and what was wrong, both null where there was none. */
  readonly last: { readonly at: number; readonly status: number | null; readonly error: string | null } | null;
  /** Time of the last delivery. */
  readonly deliveredAt: number | null;
}

/** Hook as stored. */
export interface HookRow extends HookSettings, HookSecrets, HookHealth {
  readonly id: string;
  readonly createdAt: number;
  /** Number that every {@link Hooks.change} raises: what was begun under an older one is not written any more. */
  readonly revision: number;
  /** Number of times that somebody had events sent again. */
  readonly replays: number;
  readonly paused: { readonly at: number; readonly reason: HookPause } | null;
}

/** Changes of a hook: the fields that can be changed. */
type HookChange = Partial<HookSettings & HookSecrets & Pick<HookRow, "paused" | "failing">>;

/**
 * Places that a hook is set to in some rooms. What was fixed for these rooms and not delivered is dropped; `null` forgets the place itself
 * too.
 */
export type HookPlaces = ReadonlyMap<RoomKey, number | null>;

/** Events of one room and one contiguous range of seqs, both ends included, as they are sent until they are delivered. */
export interface HookBatch {
  /** The `webhook-id`. */
  readonly id: string;
  readonly room: RoomKey;
  readonly from: number;
  readonly to: number;
  readonly events: number;
  readonly createdAt: number;
  /** Number of tries so far. */
  readonly tries: number;
  /** JSON text, sent as it is. */
  readonly body: string;
}

/** A batch without its body, which may be large. */
export type HookBatchHead = Omit<HookBatch, "body">;

/** Request to a hook's receiver, and what came of it. */
export interface HookTry {
  /** The `webhook-id`. */
  readonly id: string;
  /** Time when it was sent, ms UTC, and how long it took. */
  readonly at: number;
  readonly ms: number;
  readonly room: RoomKey;
  readonly from: number;
  readonly to: number;
  readonly events: number;
  readonly bytes: number;
  /** Number of the try, from 1 for a batch; 0 is a test. */
  readonly attempt: number;
  readonly delivered: boolean;
  /** HTTP status; null when there was no answer. */
  readonly status: number | null;
  /** Error in words; null when it was delivered. */
  readonly error: string | null;
  /** Beginning of an answer that was no success: a stranger's text. */
  readonly answer: string | null;
}

/** Returns the name under which a hook's positions are kept. */
export function hookReader(id: string): string {
  return `hook:${id}`;
}

/** Hooks of a store, what is on its way to their receivers, and how far they are (as positions of the reader {@link hookReader}). */
export interface Hooks {
  /** Adds a hook. @throws DyliveError `in_use` when there is a hook with this id */
  add(row: HookRow, places: HookPlaces): Promise<void>;
  get(id: string): Promise<HookRow | null>;
  /** Returns all hooks, oldest first. */
  list(): Promise<readonly HookRow[]>;
  /**
   * Changes settings and places in one step, and counts it as sending again when `replay` says so.
   * @returns the hook as it is now; null when there is none
   */
  change(id: string, change: HookChange, places?: HookPlaces, replay?: boolean): Promise<HookRow | null>;
  /** Removes the hook with everything that is kept of it. @returns false when there was none. */
  remove(id: string): Promise<boolean>;
  /** Returns the hook's place in each room: everything with seq ≤ place is delivered or was left out. */
  places(id: string): Promise<ReadonlyMap<RoomKey, number>>;
  /**
   * Moves places on, where there was nothing to deliver.
   * @returns false, and nothing is done, when the hook is gone or has another revision
   */
  move(id: string, revision: number, places: ReadonlyMap<RoomKey, number>): Promise<boolean>;
  /** Keeps a batch, the only one of its room, before it is first sent. @returns false, and nothing is done, as for {@link move} */
  fix(id: string, revision: number, batch: HookBatch): Promise<boolean>;
  /** Returns the batches that are fixed and not delivered, one for each room at most. */
  fixed(id: string): Promise<readonly HookBatchHead[]>;
  batch(id: string, room: RoomKey): Promise<HookBatch | null>;
  /**
   * Notes a try of a batch. A batch that was delivered is gone with it and the place moves to its end, if it is still the one that is
   * fixed. One of no batch (a test) is noted, and says nothing of how the hook is going.
   * @returns the hook as it is now; null when there is none
   */
  tried(id: string, outcome: HookTry): Promise<HookRow | null>;
  /**
   * Drops what is fixed and not delivered where its body holds one of these texts: it is made anew from the log.
   * @returns how many batches were dropped
   */
  withdraw(texts: readonly string[]): Promise<number>;
  /** Returns the last tries, newest first. */
  tries(id: string, limit: number): Promise<readonly HookTry[]>;
}

/** Returns the health of a hook after a try. */
export function healthAfter({ failing, last, deliveredAt }: HookHealth, { at, delivered, status, error }: HookTry): HookHealth {
  const now = { at, status, error };
  if (delivered) return { failing: null, last: now, deliveredAt: at };
  const pause = failing === null ? 0 : Math.min(Math.max(0, at - (last?.at ?? at)), COUNTED_PAUSE_MS);
  return { failing: { since: failing?.since ?? at, ms: (failing?.ms ?? 0) + pause }, last: now, deliveredAt };
}
