import { systemClock } from "../clock.js";
import { openMemoryStore } from "../log/memory.js";
import { Drift } from "../wire/drift.js";
import { loadFile } from "./files.js";
import { sayDrift, sayLoaded } from "./report.js";
import { Shown } from "./shown.js";
import { stopSignal } from "./stop.js";

const MAX_EVENTS = 1_000_000; // of one batch: each is printed before the next is read

/** `dylive decode FILE…`: LiveEvents as JSON lines on stdout, what was not understood on stderr. Keeps nothing. */
export async function decode(files: readonly string[]): Promise<void> {
  const signal = stopSignal();
  const drift = new Drift();
  for (const path of files) {
    const store = openMemoryStore({ maxEventsPerRoom: MAX_EVENTS });
    const shown = new Shown(store, { json: true, all: true });
    const loaded = await loadFile(path, { store, clock: systemClock, signal, onBatch: ({ room }) => shown.showNew(room) });
    sayLoaded(path, loaded);
    drift.merge(loaded.drift);
    await store.close();
    if (signal.aborted) break;
  }
  sayDrift(drift);
}
