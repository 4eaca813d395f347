import type { FastifyRequest } from "fastify";
import type { Ends } from "../../feed/cursor.js";
import { DyliveError } from "../../runtime/errors.js";
import { type RoomKey, SYSTEM_ROOM } from "../../store/log.js";
import { ALIAS_KINDS, type AliasKind, type Rooms } from "../../store/rooms.js";
import type { TokenRow } from "../../store/sql/tokens.js";
import { isLimited, maySee } from "../access.js";
import { tokenOf } from "../authentication.js";
import type { LiveStreams } from "./live.js";

/** Order in which a bare name is looked for. */
const BARE: readonly AliasKind[] = ["web_rid", "unique_id", "room_id", "sec_uid", "uid", "import"];
/** Longest name that is looked for: a sec_uid has some 60 characters. */
const NAME_MAX_CHARS = 200;

/** A room that a client named, among those that the store knows. */
export interface NamedRoom {
  /** Name as the client wrote it. */
  readonly asked: string;
  readonly room: RoomKey;
  /** The room_id of a broadcast that was named by it: only its events are meant. */
  readonly sessionId: string | null;
}

/**
 * Finds a room that the token may see by its key (`12` or `room:12`; 0 is the system's), by `kind:value` of one of its aliases, or by the
 * value alone; a key comes before an alias that looks like one. Rooms that it may not see are as if there were none, in words and in what
 * is looked for.
 * @param token null for the person who runs this machine, who sees every room
 * @throws DyliveError bad_request, not_found
 */
export async function namedRoom(rooms: Rooms, token: TokenRow | null, asked: string): Promise<NamedRoom> {
  if (asked === "" || asked.length > NAME_MAX_CHARS) throw new DyliveError("bad_request", "a room's name has 1 to 200 characters");
  const limited = token !== null && isLimited(token) ? token : null;
  const seen = async (room: RoomKey) => limited === null || maySee(limited, room, await rooms.aliases(room));
  const colon = asked.indexOf(":");
  const kind = ALIAS_KINDS.find((one) => one === asked.slice(0, Math.max(0, colon)));
  const key = /^(?:room:)?(0|[1-9]\d{0,14})$/.exec(asked)?.[1];
  const row = key === undefined ? null : await rooms.get(Number(key));
  if (row !== null && (await seen(row.room))) return { asked, room: row.room, sessionId: null };
  const value = kind === undefined ? asked : asked.slice(colon + 1);
  for (const one of kind === undefined ? BARE : [kind]) {
    const room = await rooms.find({ kind: one, value });
    if (room !== null && (await seen(room))) return { asked, room, sessionId: one === "room_id" ? value : null };
  }
  const unknown = `no room is known as ${JSON.stringify(asked.slice(0, 80))}`;
  throw new DyliveError("not_found", limited === null ? `${unknown}; add it first` : `${unknown} to this token`);
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
  return namedRoom(rooms, tokenOf(request), request.params.room);
}

/**
 * Finds the rooms that a client named, each once, in the order of their keys.
 * @throws DyliveError too_many_subscriptions, not_found, bad_request
 */
export async function namedRooms(live: LiveStreams, token: TokenRow, names: readonly string[]): Promise<readonly NamedRoom[]> {
  const { roomsPerConnection } = live.limits;
  if (names.length > roomsPerConnection)
    throw new DyliveError(
      "too_many_subscriptions",
      `${names.length} rooms are asked for, ${roomsPerConnection} are allowed per connection`,
    );
  const rooms = new Map<number, NamedRoom>();
  for (const name of names) {
    const named = await namedRoom(live.store.rooms, token, name);
    if (!rooms.has(named.room)) rooms.set(named.room, named);
  }
  return [...rooms.values()].sort((a, b) => a.room - b.room);
}

/** Returns the ends of these rooms' logs. */
export async function endsOf(live: LiveStreams, rooms: readonly NamedRoom[]): Promise<Ends> {
  const ends = await live.store.log.heads(rooms.map(({ room }) => room));
  return new Map(rooms.map(({ room }) => [room, ends.get(room) ?? { oldest: 1, head: 0 }]));
}
