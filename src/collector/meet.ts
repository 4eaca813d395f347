import type { Live, Offline, RoomName } from "../platform/links/resolve.js";
import type { RoomKey } from "../store/log.js";
import type { Alias, Rooms } from "../store/rooms.js";

/**
 * Returns the room that a reading speaks of, known from now on by every name that the platform gave, with what it said of it. The room is
 * told by what lasts: its number and its anchor. A custom id can be given up and taken by somebody else, so it leads to a room only where
 * nothing says that it is another's.
 */
export async function meetRoom(rooms: Rooms, name: RoomName, { facts, webRid, roomId }: Live | Offline): Promise<RoomKey> {
  const lasting: [Alias, ...Alias[]] = [{ kind: "web_rid", value: webRid }];
  if (facts.anchor?.secUid) lasting.push({ kind: "sec_uid", value: facts.anchor.secUid });
  if (facts.anchor?.id) lasting.push({ kind: "uid", value: facts.anchor.id });
  if (roomId !== null) lasting.push({ kind: "room_id", value: roomId });
  if (name.kind !== "unique_id" || name.value === webRid) return rooms.ensure(lasting, facts);
  const custom: Alias = { kind: "unique_id", value: name.value };
  const known = await rooms.find(custom);
  const number = known === null ? null : ((await rooms.get(known))?.webRid ?? null);
  // A room that was put on the watch list before anybody met it has the custom id in place of its number.
  const isAnothers = number !== null && number !== name.value && number !== webRid;
  if (isAnothers) await rooms.ensure(lasting, facts);
  return rooms.ensure([...lasting, custom], facts);
}
