import type { RoomKey } from "../log.js";

/** Number of a room's seqs: 2^32, 4 294 967 296 events each. */
const SPAN = 2 ** 32;
/** Newest seq that fits. */
export const MAX_SEQ = SPAN - 1;
/** Highest room key whose positions are exact in a JS number (2^53 / 2^32). */
export const MAX_ROOM = 2 ** 21 - 1;

/** Returns the primary key of an event: it rises with the room, then with the seq. */
export function posOf(room: RoomKey, seq: number): number {
  return room * SPAN + seq;
}

/** Returns the seq in a {@link posOf}. */
export function seqOf(pos: number): number {
  return pos % SPAN;
}
