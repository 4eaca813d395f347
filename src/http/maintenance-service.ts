import type { WorksErased } from "../erasure/works.js";
import type { RoomKey } from "../store/log.js";

/** Callback that is told how far work is. */
export type Turn = (what: string, count: number) => void;

/** Outcome of erasing one person's traces. */
export interface ErasedPerson {
  /** Their own events, now tombstones. */
  readonly erased: number;
  /** Ranks, notices and unknown messages that named them, now tombstones. */
  readonly dropped: number;
  /** Events that named them, with another in their place. */
  readonly changed: number;
  /** Chats of others that name them, kept as written. */
  readonly kept: number;
  /** Pseudonym under which they are shown from now on; null without. */
  readonly pseudonym: string | null;
  /** Ids of rooms in which events were changed. */
  readonly rooms: readonly string[];
  /** Works that were theirs, their comments, downloads of their works, watches on them, works and comments of others that named them, and those that still do. */
  readonly works: WorksErased;
  readonly recordings: { readonly files: number; readonly messages: number; readonly frames: number };
  /** Things that hold them still, one sentence each. */
  readonly notReached: readonly string[];
}

/** Outcome of decoding recordings again. */
export interface DecodedAnew {
  /** room_ids of the broadcasts in the recordings. */
  readonly sessions: readonly string[];
  readonly messages: number;
  readonly replaced: number;
  readonly regifted: number;
  readonly appended: number;
  /** Events that somebody was taken out of; they stay as they are. */
  readonly erased: number;
  /** Events that the store refused. */
  readonly refused: number;
  readonly lostBytes: number;
}

/** Maintenance service: long work on what is kept. Handed to the API, which knows no files and no threads. */
export interface MaintenanceService {
  /** @param user their id, sec_uid, visible number or nickname @throws DyliveError not_found, bad_request when several are known so */
  erase(user: string, keep: boolean, turn: Turn, signal: AbortSignal): Promise<ErasedPerson>;
  /** @throws DyliveError not_found when nothing was recorded */
  assertRecorded(room: RoomKey, sessionId: string | null): Promise<void>;
  redecode(room: RoomKey, sessionId: string | null, turn: Turn, signal: AbortSignal): Promise<DecodedAnew>;
}
