import { ROOM_DOOR, readPaste } from "../platform/links/paste.js";
import { DyliveError } from "../runtime/errors.js";
import { type RoomKey, SYSTEM_ROOM } from "../store/log.js";
import { ALIAS_KINDS, type Alias, type Rooms } from "../store/rooms.js";
import type { TokenRow } from "../store/sql/tokens.js";

/** Whether a token is limited to some rooms. */
export function isLimited(token: TokenRow): boolean {
  return token.rooms.length > 0;
}

/** Whether a token may see a room that has these names. A limited token never sees the system's room, which tells of all rooms. */
export function maySee(token: TokenRow, room: RoomKey, aliases: readonly Alias[]): boolean {
  if (!isLimited(token)) return true;
  if (room === SYSTEM_ROOM) return false;
  const names = new Set(aliases.flatMap(({ kind, value }) => [value, `${kind}:${value}`]));
  return token.rooms.some((entry) => entry === `room:${room}` || names.has(entry));
}

/** @throws DyliveError forbidden when the token is limited to other rooms */
export async function assertMaySee(rooms: Rooms, token: TokenRow, room: RoomKey): Promise<void> {
  if (isLimited(token) && !maySee(token, room, await rooms.aliases(room))) throw notOneOfIts();
}

/**
 * Refuses a room that the token may not see, named as a caller wrote it, before anything is done for it. Such a room must not be collected,
 * and where a short link leads is not asked for it.
 * @throws DyliveError forbidden, bad_room
 */
export async function assertMayAsk(rooms: Rooms, token: TokenRow, text: string): Promise<void> {
  if (!isLimited(token)) return;
  const pasted = readPaste(text, ROOM_DOOR);
  if (pasted.kind === "short_link")
    throw new DyliveError("forbidden", "the token is limited to some rooms: name one, a short link does not");
  const { kind, value } = pasted.name;
  if (token.rooms.includes(value) || token.rooms.includes(`${kind}:${value}`)) return;
  // A number may be stored under another kind than it looks like.
  for (const one of ALIAS_KINDS) {
    const room = await rooms.find({ kind: one, value });
    if (room !== null && maySee(token, room, await rooms.aliases(room))) return;
  }
  throw notOneOfIts();
}

function notOneOfIts(): DyliveError {
  return new DyliveError("forbidden", "the token is limited to other rooms");
}
