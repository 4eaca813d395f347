import { type RoomScenario, type Simulator, startSimulator } from "../../simulator/index.js";
import { watchRoom } from "../../src/store/cluster.js";
import { openPostgresStore } from "../../src/store/postgres/store.js";
import type { RoomStore } from "../../src/store/store.js";

/** Rooms that are live, with some messages of people a second each. */
export function busyRooms(count: number): readonly RoomScenario[] {
  return Array.from({ length: count }, (_, i) => ({
    webRid: String(300_000_000 + i),
    kind: "pk",
    state: "live",
    title: `room ${i}`,
    anchor: `anchor ${i}`,
    clubName: "c",
    viewers: 200,
    everySeconds: { stats: 10, rank: 60, chat: 1.5, join: 3, like: 3, follow: 20, gift: 8 },
  }));
}

/** A simulator with such rooms. */
export function simulatorOf(rooms: readonly RoomScenario[], rateFactor = 1): Promise<Simulator> {
  return startSimulator({ rooms, rateFactor, keep: 100_000, seed: "cluster" });
}

/**
 * Puts the rooms on the watch list, as `dylive room add` does, but without asking the platform.
 * @param of a store, or the address of its database
 * @param sessions that watch the room of this number; null by default: one, by the server's settings
 * @returns their keys, in order
 */
export async function watchAll(
  of: RoomStore | string,
  rooms: readonly RoomScenario[],
  sessions: (n: number) => readonly string[] | null = () => null,
): Promise<readonly number[]> {
  const store = typeof of === "string" ? await openPostgresStore({ url: of }) : of;
  try {
    const keys: number[] = [];
    for (const [n, { webRid }] of rooms.entries()) {
      const room = await store.rooms.ensure([{ kind: "web_rid", value: webRid }], { webRid });
      await watchRoom(store.rooms, room, { sessions: sessions(n) });
      keys.push(room);
    }
    return keys;
  } finally {
    if (store !== of) await store.close();
  }
}
