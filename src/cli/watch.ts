import { systemClock } from "../clock.js";
import { type Config, readMachine } from "../config.js";
import { openMemoryStore } from "../log/memory.js";
import { reachOf } from "../reach.js";
import { readPaste } from "../rooms/resolve.js";
import { Supervisor } from "../rooms/supervisor.js";
import { Shown } from "./shown.js";
import { stopSignal } from "./stop.js";
import { plain, say } from "./terminal.js";

const SETTLE_MS = 10_000;

/** `dylive watch ROOM`: the room's events as they come, until stopped. Keeps nothing. */
export async function watch(config: Config, room: string, options: { readonly json: boolean; readonly all: boolean }): Promise<void> {
  const stop = stopSignal();
  readPaste(room); // a wrong text is told before anything starts
  const reach = reachOf(config, readMachine(), systemClock);
  const store = openMemoryStore({ maxEventsPerRoom: 10_000 });
  const rooms = new Supervisor({
    ...reach,
    store,
    clock: systemClock,
    pollMs: config.pollMs,
    maxOnDemandRooms: 1,
    onDemandIdleMs: Number.MAX_SAFE_INTEGER,
    setAside: (_event, error) => say(`an event could not be kept: ${String(error)}`),
  });
  try {
    const { room: key, status } = await rooms.request(room, SETTLE_MS, stop);
    const { webRid } = (await store.rooms.get(key)) ?? { webRid: null };
    say(plain(`${webRid ?? room}: ${status.state}, ${status.evidence.reason}`));
    const shown = new Shown(store, options);
    await shown.showNew(key);
    for await (const woken of store.log.wakes(stop)) if (woken.has(key)) await shown.showNew(key);
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    await rooms.stop();
    await store.close();
    await reach.seats.close();
  }
}
