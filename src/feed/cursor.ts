import { DyliveError } from "../runtime/errors.js";
import type { RoomKey } from "../store/log.js";

/** A place in one room's log: everything with a greater seq comes after it. */
interface CursorPlace {
  readonly logId: string;
  readonly room: RoomKey;
  readonly seq: number;
}

/** A cursor that this log cannot go on from, with the two ends it can go on from. */
export class CursorReset extends DyliveError {
  /** Everything kept comes after it. */
  readonly oldest: string;
  /** Only what is new comes after it. */
  readonly newest: string;

  constructor(why: string, oldest: string, newest: string) {
    super("cursor_reset", `${why}; the oldest valid cursor is ${oldest}, the newest ${newest}`);
    this.oldest = oldest;
    this.newest = newest;
  }

  /** Details that programs are told. */
  get details(): { readonly oldest: string; readonly newest: string } {
    return { oldest: this.oldest, newest: this.newest };
  }
}

/** Returns the cursor as clients see it: opaque. It begins with a letter, so it is never taken for a bare seq. */
export function encodeCursor({ logId, room, seq }: CursorPlace): string {
  // The log's id comes last because it may hold any character.
  return Buffer.from(`v1/${room}:${seq}/${logId}`, "utf8").toString("base64url");
}

/**
 * Reads what {@link encodeCursor} wrote, or a bare seq (0: the oldest kept), which names neither log nor room.
 * @throws DyliveError bad_request that names the field
 */
export function decodeCursor(text: string): CursorPlace | { readonly seq: number } {
  if (/^\d{1,15}$/.test(text)) return { seq: Number(text) };
  const parts = /^v1\/(\d{1,15}):(\d{1,15})\/(.+)$/s.exec(Buffer.from(text, "base64url").toString("utf8"));
  if (parts?.[1] === undefined || parts[2] === undefined || parts[3] === undefined)
    throw new DyliveError("bad_request", "cursor is neither one that was given here nor a whole number");
  return { room: Number(parts[1]), seq: Number(parts[2]), logId: parts[3] };
}

/**
 * Returns the seq that a client's cursor stands for in this room's log.
 * @param ends the room's oldest kept seq and its head
 * @throws DyliveError bad_request; {@link CursorReset} for another log or room, or a seq that this log has not reached
 */
export function resolveCursor(text: string, logId: string, room: RoomKey, ends: { oldest: number; head: number }): number {
  const place = decodeCursor(text);
  const reset = (why: string) =>
    new CursorReset(
      why,
      encodeCursor({ logId, room, seq: Math.max(0, ends.oldest - 1) }),
      encodeCursor({ logId, room, seq: Math.max(0, ends.head) }),
    );
  if ("logId" in place && place.logId !== logId) throw reset("it is of another log (the database was made anew or restored)");
  if ("room" in place && place.room !== room) throw reset("it is of another room");
  if (place.seq > ends.head) throw reset("it is beyond the newest event");
  return place.seq;
}
