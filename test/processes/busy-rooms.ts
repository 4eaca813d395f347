import { type RoomScenario, type Simulator, startSimulator } from "../../simulator/index.js";
import { openPostgresStore } from "../../src/store/postgres/store.js";

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
  return startSimulator({ rooms, rateFactor, keep: 50_000, seed: "cluster" });
}

/** Puts the rooms on the watch list of a database, as `dylive room add` does, but without asking the platform. @returns their keys, in order */
export async function watchAll(url: string, rooms: readonly RoomScenario[]): Promise<readonly number[]> {
  const store = await openPostgresStore({ url });
  try {
    const keys: number[] = [];
    for (const { webRid } of rooms) {
      const room = await store.rooms.ensure([{ kind: "web_rid", value: webRid }], { webRid });
      await store.rooms.setWatch(room, "on");
      keys.push(room);
    }
    return keys;
  } finally {
    await store.close();
  }
}
