import { countsOf, type Loaded, loadFile } from "../../ingest/load-file.js";
import { MOST_IN_BATCH } from "../../platform/access/read.js";
import { Drift } from "../../platform/wire/drift.js";
import { systemClock } from "../../runtime/clock.js";
import { msg } from "../../runtime/msg.js";
import type { RoomKey } from "../../store/log.js";
import { openMemoryStore } from "../../store/memory/memory.js";
import { lineOf, sayDrift, sayLoaded } from "../show.js";
import { interruptSignal } from "../stop.js";
import { print, say } from "../terminal.js";

const PAGE = 500;

/** `dylive decode FILE…`: LiveEvents as JSON lines on stdout, what was not understood on stderr. Keeps nothing. */
export async function decode(files: readonly string[]): Promise<void> {
  const signal = interruptSignal();
  const drift = new Drift();
  for (const path of files) {
    const store = openMemoryStore({ maxEventsPerRoom: MOST_IN_BATCH });
    const shown = new Map<RoomKey, number>();
    const onBatch = async ({ room }: Loaded) => {
      for (let more = true; more; ) {
        const page = await store.log.readRoom(room, shown.get(room) ?? 0, PAGE);
        for (const event of page.events) await print(lineOf(event, true));
        shown.set(room, page.scanned);
        more = page.scanned < page.head;
      }
    };
    const setAside = () => say(msg`the store refused an event; it was left out`);
    const loaded = await loadFile(path, { store, clock: systemClock, signal, onBatch, setAside });
    for (const one of loaded) sayLoaded(path, countsOf(one));
    if (loaded[0]) drift.merge(loaded[0].drift);
    await store.close();
    if (signal.aborted) break;
  }
  sayDrift(drift.toJSON());
}
