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

const MAX_INTEGER = "9223372036854775807";

/**
 * Returns an event id as it is stored: ids of chats as integers, which takes 8 bytes in the index instead of 19; any other as text. Two
 * different ids are never stored alike.
 */
export function storedId(id: string): bigint | string {
  if (!/^[1-9][0-9]{0,18}$/.test(id)) return id;
  if (id.length === MAX_INTEGER.length && id > MAX_INTEGER) return id;
  return BigInt(id);
}
