import { assertPossible, changeOf, shownSettings } from "../cluster/settings.js";
import { meetRoom } from "../collector/room-resolver.js";
import type { RoomOperations, RoomStatus, RoomView } from "../health/state.js";
import { nameIn, type RoomName, resolveRoom } from "../platform/links/resolve.js";
import { PlatformAccess, type Reach, wayOf } from "../platform/platform-access.js";
import { DyliveError } from "../runtime/errors.js";
import { msg, recorded } from "../runtime/msg.js";
import { watchRoom } from "../store/cluster.js";
import type { RoomKey } from "../store/log.js";
import type { RoomRow, RoomSettings, Rooms, Watch } from "../store/rooms.js";
import type { Store } from "../store/store.js";

/** Age up to which the state that a process of a cluster saved is taken for how the room is now, in ms: each saves it every five minutes at least. */
const FRESH_MS = 360_000;

/** Returns the rooms of a store for a command, which collects none of them: what is changed counts for the servers on the store, now or later. */
export function restingRooms(reach: Reach, { rooms, cluster }: Pick<Store, "rooms" | "cluster">): RoomOperations {
  const viewOf = async (row: RoomRow): Promise<RoomView> => {
    // Of a store that is a file no server runs while a command has it.
    const saved = cluster === undefined ? null : await rooms.loadStatus(row.room);
    const status = saved === null || Date.now() - saved.at > FRESH_MS ? null : (JSON.parse(saved.status) as RoomStatus);
    return { row: { ...row, settings: shownSettings(row.settings) }, aliases: await rooms.aliases(row.room), status };
  };
  const view = async (room: RoomKey): Promise<RoomView> => {
    const row = room > 0 ? await rooms.get(room) : null;
    if (row === null) throw new DyliveError("not_found", msg`there is no room ${room}`);
    return viewOf(row);
  };
  const watch = async (room: RoomKey, to: Watch): Promise<RoomView> => {
    await view(room);
    await (to === "on" ? watchRoom(rooms, room) : rooms.setWatch(room, to));
    return view(room);
  };
  return {
    request: async () => {
      throw new DyliveError("not_offered", "no server runs on this data, and a command collects no room");
    },
    status: () => null,
    list: async (which) => Promise.all((await rooms.list(which)).map(viewOf)),
    view,
    add: async (text, settings, _settleMs, signal, mayChangeProxies) => {
      await assertPossible(settings, reach);
      const room = await met(rooms, text, reach, settings, signal);
      await watchRoom(rooms, room, changeOf(settings, mayChangeProxies));
      return view(room);
    },
    change: async (room, settings, mayChangeProxies) => {
      await assertPossible(settings, reach);
      await rooms.setSettings(room, changeOf(settings, mayChangeProxies));
      return view(room);
    },
    pause: (room) => watch(room, "paused"),
    resume: (room) => watch(room, "on"),
    remove: (room) => watch(room, "off"),
  };
}

/** Returns the room that a text names, as the platform says; one that is known already although it does not answer now. */
async function met(rooms: Rooms, text: string, reach: Reach, settings: Partial<RoomSettings>, signal: AbortSignal): Promise<RoomKey> {
  const access = new PlatformAccess(reach, wayOf(settings));
  let name: RoomName | null = null;
  try {
    const asker = await access.asker(signal);
    name = await nameIn(text, { platform: access.platform, visitor: asker }, signal);
    const resolved = await resolveRoom(name, access.platform, asker, signal, access.inPage);
    if ("facts" in resolved) return await meetRoom(rooms, name, resolved);
    throw new DyliveError(resolved.outcome === "no_account" ? "no_account" : "room_unknown", recorded(String(resolved.reason)));
  } catch (error) {
    const known = name === null || !(error instanceof DyliveError) || error.row.fault === "caller" ? null : await rooms.find(name);
    if (known === null || signal.aborted) throw error;
    return known;
  } finally {
    access.leave();
  }
}
