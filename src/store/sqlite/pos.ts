import type { RoomKey } from "../log.js";

/** Seqs of a room: 2^32, 4 294 967 296 events each. */
const SPAN = 2 ** 32;
/** The newest seq that fits. */
export const MAX_SEQ = SPAN - 1;
/** The highest room key whose positions are exact in a JS number (2^53 / 2^32). */
export const MAX_ROOM = 2 ** 21 - 1;

/** The primary key of an event: rises with the room, then with the seq. */
export function posOf(room: RoomKey, seq: number): number {
  return room * SPAN + seq;
}

/** The seq in a {@link posOf}. */
export function seqOf(pos: number): number {
  return pos % SPAN;
}
