import { DyliveError } from "../runtime/errors.js";
import { type MsgOrText, msg, msgOf } from "../runtime/msg.js";
import type { RoomKey, StoreLog } from "../store/log.js";
import type { RoomPlace } from "./read.js";

/** A cursor that this log cannot go on from, with the two ends it can go on from. */
export class CursorReset extends DyliveError {
  /** Everything kept comes after it. */
  readonly oldest: string;
  /** Only what is new comes after it. */
  readonly newest: string;

  constructor(why: MsgOrText, oldest: string, newest: string) {
    super("cursor_reset", msg`${msgOf(why)}; the oldest valid cursor is ${oldest}, the newest ${newest}`);
    this.oldest = oldest;
    this.newest = newest;
  }

  /** Details for programs. */
  get details(): { readonly oldest: string; readonly newest: string } {
    return { oldest: this.oldest, newest: this.newest };
  }
}

/**
 * Returns the cursor of a position in the log, of one room, of many or of all: everything with a greater position comes after it. Clients read
 * nothing out of it. It begins with a letter, so it is never taken for a bare seq.
 */
export function encodeCursor(logId: string, pos: number): string {
  return Buffer.from(`v1/${pos}/${logId}`, "utf8").toString("base64url");
}

/**
 * Reads what {@link encodeCursor} wrote, or a bare seq (0: the oldest kept), which names neither log nor room.
 * @throws DyliveError bad_request that names the field
 */
export function decodeCursor(text: string): { readonly logId: string; readonly pos: number } | { readonly seq: number } {
  if (/^\d{1,15}$/.test(text)) return { seq: Number(text) };
  const [, pos, logId] = /^v1\/(\d{1,15})\/(.+)$/s.exec(Buffer.from(text, "base64url").toString("utf8")) ?? [];
  if (pos === undefined || logId === undefined)
    throw new DyliveError("bad_request", "cursor is neither one that was given here nor a whole number");
  return { pos: Number(pos), logId };
}

/** Parts of the log that a cursor is read with. */
type Ends = Pick<StoreLog, "id" | "head" | "heads" | "seqAt" | "readRoomBefore">;

/**
 * Returns the position that a client's cursor stands for; a bare seq is one of the only room, 0 the beginning.
 * @throws DyliveError bad_request; {@link CursorReset} for another log, or a place that this log has not reached
 */
export async function positionOf(text: string, log: Ends, rooms: readonly RoomKey[]): Promise<number> {
  const place = decodeCursor(text);
  if ("pos" in place) return checkedPosition(place, log);
  if (place.seq === 0) return 0;
  const [room] = rooms;
  if (room === undefined || rooms.length > 1)
    throw new DyliveError("bad_request", "after must be 0 or a cursor when there are several rooms");
  const seq = await checkedSeq(place.seq, log, room);
  const { rows } = await log.readRoomBefore(room, seq + 1, 1, { deleted: true });
  return rows[0]?.pos ?? 0;
}

/** Returns the place in a room that a client's cursor stands for. @throws DyliveError as {@link positionOf} */
export async function placeOf(text: string, log: Ends, room: RoomKey): Promise<RoomPlace> {
  const pos = await positionOf(text, log, [room]);
  const place = decodeCursor(text);
  return { next: "seq" in place ? place.seq : await log.seqAt(room, pos), pos };
}

/**
 * Returns the place that a client's cursor stands for in a reading backward: `next` is the seq before which it begins. A bare seq is that.
 * @throws DyliveError as {@link positionOf}
 */
export async function placeBefore(text: string, log: Ends, room: RoomKey): Promise<RoomPlace> {
  const given = decodeCursor(text);
  const { next, pos } = await placeOf("seq" in given ? String(Math.max(0, given.seq - 1)) : text, log, room);
  return { next: next + 1, pos };
}

async function checkedPosition({ pos, logId }: { readonly pos: number; readonly logId: string }, log: Ends): Promise<number> {
  const head = await log.head();
  if (logId !== log.id) throw reset("it is of another log (the database was recreated or restored)", log, head);
  if (pos > head) throw reset("it is beyond the newest event", log, head);
  return pos;
}

async function checkedSeq(seq: number, log: Ends, room: RoomKey): Promise<number> {
  const { head = 0 } = (await log.heads([room])).get(room) ?? {};
  if (seq > head) throw reset(msg`seq ${seq} of room ${room} is beyond its newest event, ${head}`, log, await log.head());
  return seq;
}

function reset(why: MsgOrText, { id }: Ends, head: number): CursorReset {
  return new CursorReset(why, encodeCursor(id, 0), encodeCursor(id, head));
}

type Part = string | number;

/** Writes a cursor that names a row of a ranked list by what it is ranked by, so that pages stay apart while the list grows. */
export function encodePlace(kind: string, parts: readonly Part[]): string {
  return Buffer.from(JSON.stringify([kind, ...parts]), "utf8").toString("base64url");
}

/**
 * Reads the parts of an {@link encodePlace}; undefined without a cursor.
 * @param shape a value of each part's type; a whole number where the part is one
 * @throws DyliveError bad_request when the cursor is not one of this list
 */
export function decodePlace<S extends readonly Part[]>(
  kind: string,
  cursor: string | undefined,
  shape: S,
): { [K in keyof S]: S[K] extends number ? number : string } | undefined {
  if (cursor === undefined) return undefined;
  const [given, ...parts] = parsed(cursor);
  const fits = given === kind && parts.length === shape.length && parts.every((part, at) => isLike(part, shape[at]));
  if (!fits) throw notOfList(kind);
  return parts as unknown as { [K in keyof S]: S[K] extends number ? number : string };
}

/** Makes the error for a cursor that names no row of a list. */
export function notOfList(kind: string): DyliveError {
  return new DyliveError("bad_request", msg`cursor is not one that this list of ${kind} gave`);
}

function isLike(part: unknown, value: Part | undefined): boolean {
  return (
    typeof value === typeof part &&
    (typeof part === "string" || (Number.isInteger(value) ? Number.isSafeInteger(part) : Number.isFinite(part)))
  );
}

function parsed(cursor: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
