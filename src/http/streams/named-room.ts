import type { FastifyRequest } from "fastify";
import { withoutPassword } from "../../platform/links/link.js";
import { yieldToEventLoop } from "../../runtime/clock.js";
import { DyliveError, FieldError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { type RoomKey, SYSTEM_ROOM } from "../../store/log.js";
import { allRooms, findNamed, type NamedRoom, namedRoom, type Rooms } from "../../store/rooms.js";
import type { TokenRow } from "../../store/sql/tokens.js";
import { isLimited, maySee, tokenOf } from "../authentication.js";
import type { LiveStreams } from "./live.js";

/**
 * Finds a room that the token may see by one of its names, as {@link namedRoom} does. Rooms that it may not see are as if there were none, in
 * words and in what is looked for.
 * @throws DyliveError bad_request, not_found
 */
export async function visibleRoom(rooms: Rooms, token: TokenRow, asked: string): Promise<NamedRoom> {
  if (!isLimited(token)) return namedRoom(rooms, asked);
  const found = await findNamed(rooms, asked, async (room) => maySee(token, room, await rooms.aliases(room)));
  if (found === null)
    throw new DyliveError("not_found", msg`no room is known as ${JSON.stringify(withoutPassword(asked).slice(0, 80))} to this token`);
  return found;
}

/** Most names in a list of rooms. */
const NAMES_MAX = 200;
/** Names that are looked up in one turn of the event loop: an embedded store answers all of them without ever leaving it. */
const NAMES_A_TURN = 20;

/** Finds the rooms of names as {@link visibleRoom} does, one after the other, or why there is none, and gives everything else a turn in between. */
export async function* foundByName(
  rooms: Rooms,
  token: TokenRow,
  names: readonly string[],
): AsyncGenerator<readonly [string, NamedRoom | DyliveError]> {
  for (const [n, name] of names.entries()) {
    if (n > 0 && n % NAMES_A_TURN === 0) await yieldToEventLoop();
    const named = await visibleRoom(rooms, token, name).catch((error: unknown) => {
      if (error instanceof DyliveError) return error;
      throw error;
    });
    yield [name, named];
  }
}

/**
 * Returns the rooms that a list is of: those that a client named, with commas between, else all that the token may see. Null stands for all.
 * @throws DyliveError bad_request, not_found
 */
export async function roomsAmong(rooms: Rooms, token: TokenRow, names: string | undefined): Promise<readonly RoomKey[] | null> {
  if (names === undefined) return isLimited(token) ? (await allRooms(rooms, { among: token.rooms })).map(({ room }) => room) : null;
  const all = [...new Set(names.split(",").map((name) => name.trim()))];
  if (all.length > NAMES_MAX) throw new FieldError("room", msg`it takes the names of ${NAMES_MAX} rooms, not of ${all.length}`);
  const found = new Set<RoomKey>();
  for await (const [, named] of foundByName(rooms, token, all)) {
    if (named instanceof DyliveError) throw named;
    found.add(named.room);
  }
  return [...found];
}

/** A request with a room in its address. */
type RoomRequest = FastifyRequest<{ Params: { room: string } }>;

/**
 * Finds the room in the address of a request. Rooms that the token may not see are as if there were none.
 * @throws DyliveError not_found, also for the system's room; bad_request
 */
export async function roomOf(rooms: Rooms, request: RoomRequest): Promise<NamedRoom> {
  const named = await roomOrSystem(rooms, request);
  if (named.room === SYSTEM_ROOM) throw new DyliveError("not_found", "room 0 is the system's: it has events, and nothing else");
  return named;
}

/** Does the same as {@link roomOf}, the system's room included: for what it has too. */
export function roomOrSystem(rooms: Rooms, request: RoomRequest): Promise<NamedRoom> {
  return visibleRoom(rooms, tokenOf(request), request.params.room);
}

/** Returns the room that these names lead to: whole where one of them is the whole room's. @throws DyliveError bad_request */
function listedRoom(named: readonly [NamedRoom, ...NamedRoom[]]): NamedRoom {
  const [first] = named;
  const whole = named.find(({ sessionId }) => sessionId === null);
  const other = named.find(({ sessionId }) => sessionId !== first.sessionId);
  if (whole === undefined && other !== undefined)
    throw new DyliveError(
      "bad_request",
      msg`${first.asked} and ${other.asked} are two broadcasts of one room: name one of them, or the room`,
    );
  return whole ?? first;
}

/**
 * Finds the rooms that a client named, each once, in the order of their keys.
 * @param onGone called with each name that leads to no room; they are then left out where others lead to one
 * @throws DyliveError not_found, bad_request, also where two broadcasts of one room are named
 */
async function namedRooms(
  live: LiveStreams,
  token: TokenRow,
  names: readonly string[],
  onGone?: (name: string) => void,
): Promise<readonly NamedRoom[]> {
  const rooms = new Map<RoomKey, [NamedRoom, ...NamedRoom[]]>();
  let missing: DyliveError | null = null;
  for await (const [name, named] of foundByName(live.store.rooms, token, names)) {
    if (!(named instanceof DyliveError)) {
      const listed = rooms.get(named.room);
      if (listed === undefined) rooms.set(named.room, [named]);
      else listed.push(named);
      continue;
    }
    if (onGone === undefined || named.code !== "not_found") throw named;
    missing = named;
    onGone(name);
  }
  if (missing !== null && rooms.size === 0) throw missing;
  return [...rooms.values()].map(listedRoom).sort((a, b) => a.room - b.room);
}

/** Rooms that a client follows; null for all that there are and will be. */
export type FollowedNames = readonly NamedRoom[] | null;

/**
 * Finds the rooms that a client asks to follow: those that it names, else all that its token may see. Of a token that is limited to rooms, those
 * that are known now.
 * @param onGone called with each name that leads to no room, as {@link namedRooms} does
 * @throws DyliveError not_found, bad_request
 */
export async function followedRooms(
  live: LiveStreams,
  token: TokenRow,
  names: readonly string[] | undefined,
  onGone?: (name: string) => void,
): Promise<FollowedNames> {
  if (names !== undefined) return namedRooms(live, token, names, onGone);
  if (!isLimited(token)) return null;
  const known = await allRooms(live.store.rooms, { among: token.rooms });
  return known.map(({ room }) => ({ room, asked: String(room), sessionId: null }));
}

/** Returns what a client is shown of the rooms that it follows; null for all. */
export async function roomsAnswer(live: LiveStreams, rooms: FollowedNames) {
  if (rooms === null) return null;
  const ends = await live.store.log.heads(rooms.map(({ room }) => room));
  return rooms.map(({ room, asked, sessionId }) => {
    const { oldest, head } = ends.get(room) ?? { oldest: 1, head: 0 };
    return { room, asked, ...(sessionId !== null && { sessionId }), oldest, head };
  });
}
