import { DyliveError } from "../runtime/errors.js";
import { type Said, told, toldOf } from "../runtime/told.js";
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

  constructor(why: Said, oldest: string, newest: string) {
    super("cursor_reset", told`${toldOf(why)}; the oldest valid cursor is ${oldest}, the newest ${newest}`);
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
  return encodePlaces(logId, [[room, seq]]);
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
  const reset = (why: Said) =>
    new CursorReset(
      why,
      encodeCursor({ logId, room, seq: Math.max(0, ends.oldest - 1) }),
      encodeCursor({ logId, room, seq: Math.max(0, ends.head) }),
    );
  if ("logId" in place && place.logId !== logId) throw reset("it is of another log (the database was recreated or restored)");
  if ("room" in place && place.room !== room) throw reset("it is of another room");
  if (place.seq > ends.head) throw reset("it is beyond the newest event");
  return place.seq;
}

/** Bytes that base64 turns into whole characters: what ends at such a place can be encoded apart from what follows. */
const GROUP = 3;
/** Marks the cursors of several rooms; those of one room are as `encodeCursor` writes them. */
const MANY = "v2/";

/** Ends of a room's log, as the log tells them. */
export type Ends = ReadonlyMap<RoomKey, { readonly oldest: number; readonly head: number }>;

/**
 * Returns the first part of a cursor over several rooms: where the other rooms are. The same for every event of a batch, and for every
 * reader whose other rooms are at the same places, so that what is made with it can be shared.
 */
export function cursorStart(others: readonly (readonly [RoomKey, number])[]): string {
  if (others.length === 0) return Buffer.from("v1/", "latin1").toString("base64url");
  const bytes: number[] = [...Buffer.from(MANY, "latin1")];
  pushVarint(bytes, others.length);
  for (const [room, seq] of others) {
    pushVarint(bytes, room);
    pushVarint(bytes, seq);
  }
  while (bytes.length % GROUP !== 0) bytes.push(0);
  return Buffer.from(bytes).toString("base64url");
}

/** Returns the last part: the room that the event is of, and the log, whose id may hold any character. The same for every reader. */
export function cursorEnd(logId: string, room: RoomKey, seq: number): string {
  return Buffer.from(`${room}:${seq}/${logId}`, "utf8").toString("base64url");
}

/** Returns the cursor of all these rooms: opaque to clients. With one room it is what `encodeCursor` gives. */
export function encodePlaces(logId: string, places: readonly (readonly [RoomKey, number])[]): string {
  const last = places.at(-1);
  return last === undefined ? "" : cursorStart(places.slice(0, -1)) + cursorEnd(logId, last[0], last[1]);
}

/**
 * Reads a cursor over any number of rooms, or a bare seq.
 * @throws DyliveError bad_request
 */
function decodePlaces(text: string): { logId: string; seqs: Map<RoomKey, number> } | { seq: number } {
  const bytes = Buffer.from(text, "base64url");
  if (bytes.toString("latin1", 0, GROUP) !== MANY) {
    const one = decodeCursor(text);
    return "logId" in one ? { logId: one.logId, seqs: new Map([[one.room, one.seq]]) } : one;
  }
  const reader = new VarintReader(bytes, GROUP);
  const seqs = new Map<RoomKey, number>();
  for (let left = reader.next(); left > 0; left--) seqs.set(reader.next(), reader.next());
  const end = Math.ceil(reader.at / GROUP) * GROUP;
  const last = /^(\d{1,15}):(\d{1,15})\/(.+)$/s.exec(bytes.toString("utf8", end));
  if (last?.[1] === undefined || last[2] === undefined || last[3] === undefined) throw notOurs();
  return { logId: last[3], seqs: seqs.set(Number(last[1]), Number(last[2])) };
}

/** Places at which the rooms of a stream begin. */
export interface Start {
  readonly seqs: ReadonlyMap<RoomKey, number>;
  /** Rooms that the cursor did not name. */
  readonly added: readonly RoomKey[];
}

/** Returns the rooms that a client's cursor names beside these. @throws DyliveError bad_request */
export function otherRooms(text: string, ends: Ends): readonly RoomKey[] {
  const places = decodePlaces(text);
  return "seqs" in places ? [...places.seqs.keys()].filter((room) => !ends.has(room)) : [];
}

/**
 * Returns the places that a client's cursor stands for in these rooms; null stands for their heads, 0 for the oldest kept.
 * @param isAnew whether a room that the cursor does not name begins at its beginning: else at its head, and not without one that it names
 * @throws DyliveError bad_request; {@link CursorReset} for another log, other rooms only, or a seq that the log has not reached
 */
export function resolvePlaces(text: string | null, logId: string, ends: Ends, isAnew: (room: RoomKey) => boolean = () => false): Start {
  const heads = new Map([...ends].map(([room, { head }]) => [room, head]));
  if (text === null) return { seqs: heads, added: [...ends.keys()] };
  const reset = (why: Said) => {
    const oldest = [...ends].map(([room, end]) => [room, Math.max(0, end.oldest - 1)] as const);
    return new CursorReset(why, encodePlaces(logId, oldest), encodePlaces(logId, [...heads]));
  };
  const places = decodePlaces(text);
  if ("logId" in places && places.logId !== logId) throw reset("it is of another log (the database was recreated or restored)");
  if ("seq" in places && places.seq > 0 && ends.size > 1)
    throw new DyliveError("bad_request", "after must be 0 or a cursor when there are several rooms");
  const given = "seqs" in places ? places.seqs : new Map([...ends.keys()].map((room) => [room, places.seq]));
  const known = [...ends.keys()].filter((room) => given.has(room));
  if (known.length === 0 && ends.size > 0 && ![...ends.keys()].some(isAnew)) throw reset("it is of other rooms");
  for (const room of known)
    if ((given.get(room) ?? 0) > (heads.get(room) ?? 0)) throw reset(told`it is beyond the newest event of room ${room}`);
  const seqs = new Map([...heads].map(([room, head]) => [room, given.get(room) ?? (isAnew(room) ? 0 : head)]));
  return { seqs, added: [...ends.keys()].filter((room) => !given.has(room)) };
}

function pushVarint(bytes: number[], value: number): void {
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
}

/** Reads varints of at most 53 bits. */
class VarintReader {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  next(): number {
    let value = 0;
    for (let factor = 1; factor < Number.MAX_SAFE_INTEGER; factor *= 128) {
      const byte = this.#bytes[this.at++];
      if (byte === undefined) throw notOurs();
      value += (byte % 128) * factor;
      if (byte < 128 && value <= Number.MAX_SAFE_INTEGER) return value;
    }
    throw notOurs();
  }
}

function notOurs(): DyliveError {
  return new DyliveError("bad_request", "the cursor is not one that was given here");
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
  return new DyliveError("bad_request", told`cursor is not one that this list of ${kind} gave`);
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
