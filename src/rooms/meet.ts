import type { RoomKey } from "../log/log.js";
import type { Alias, Rooms } from "../log/rooms.js";
import type { Live, Offline, RoomName } from "./resolve.js";

/** The room that a reading speaks of, known from now on by every name that the platform gave, with what it said of it. */
export function meetRoom(rooms: Rooms, name: RoomName, { facts, webRid, roomId }: Live | Offline): Promise<RoomKey> {
  const aliases: [Alias, ...Alias[]] = [{ kind: "web_rid", value: webRid }];
  if (name.kind === "unique_id" && name.value !== webRid) aliases.push({ kind: "unique_id", value: name.value });
  if (facts.anchor?.secUid) aliases.push({ kind: "sec_uid", value: facts.anchor.secUid });
  if (facts.anchor?.id) aliases.push({ kind: "uid", value: facts.anchor.id });
  if (roomId !== null) aliases.push({ kind: "room_id", value: roomId });
  return rooms.ensure(aliases, facts);
}
