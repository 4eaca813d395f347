import { platformParts } from "../app.js";
import { systemClock } from "../clock.js";
import type { Config } from "../config.js";
import type { RoomKey } from "../log/log.js";
import { openMemoryStore } from "../log/memory.js";
import type { Store } from "../log/store.js";
import { Supervisor } from "../rooms/supervisor.js";
import { lineOf, SHOWN } from "./show.js";
import { stopSignal } from "./stop.js";
import { plain, print, say } from "./terminal.js";

const SETTLE_MS = 10_000;
const PAGE = 500;

/** `dylive watch ROOM`: the room's events as they come, until stopped. Keeps nothing. */
export async function watch(config: Config, room: string, options: { readonly json: boolean; readonly all: boolean }): Promise<void> {
  const stop = stopSignal();
  const store = openMemoryStore({ maxEventsPerRoom: 10_000 });
  const rooms = new Supervisor({
    store,
    clock: systemClock,
    ...platformParts(config),
    maxOnDemandRooms: 1,
    onDemandIdleMs: Number.MAX_SAFE_INTEGER,
    setAside: (_event, error) => say(`an event could not be kept: ${String(error)}`),
  });
  try {
    const { room: key, status } = await rooms.request(room, SETTLE_MS, stop);
    say(plain(`${room}: ${status.state}, ${status.evidence.reason}`));
    await follow(store, key, stop, options);
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    await rooms.stop();
    await store.close();
  }
}

async function follow(
  store: Store,
  room: RoomKey,
  stop: AbortSignal,
  { json, all }: { readonly json: boolean; readonly all: boolean },
): Promise<void> {
  let after = 0;
  const showNew = async () => {
    for (;;) {
      const page = await store.log.read(room, after, PAGE, all ? {} : { types: SHOWN });
      for (const event of page.events) await print(lineOf(event, json));
      after = page.scanned;
      if (page.scanned >= page.head) return;
    }
  };
  await showNew();
  for await (const woken of store.log.wakes(stop)) if (woken.has(room)) await showNew();
}
