import type { Ends } from "../../feed/cursor.js";
import { DyliveError } from "../../runtime/errors.js";
import type { TokenRow } from "../../store/tokens.js";
import type { LiveStreams } from "./live.js";
import { type NamedRoom, namedRoom } from "./named-room.js";

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
