import { countsOf, type Loaded, loadFile } from "../../ingest/load-file.js";
import { MOST_IN_BATCH } from "../../platform/access/read.js";
import { Drift } from "../../platform/wire/drift.js";
import { systemClock } from "../../runtime/clock.js";
import { told } from "../../runtime/told.js";
import type { RoomKey } from "../../store/log.js";
import { openMemoryStore } from "../../store/memory/memory.js";
import type { Store } from "../../store/store.js";
import { lineOf, sayDrift, sayLoaded } from "../show.js";
import { interruptSignal } from "../stop.js";
import { print, say } from "../terminal.js";

const PAGE = 500;
/** Newest events that are kept after they are printed, so that what comes twice is known. */
const KEPT = 4_000;

/** `dylive decode FILE…`: LiveEvents as JSON lines on stdout, what was not understood on stderr. Keeps nothing. */
export async function decode(files: readonly string[]): Promise<void> {
  const signal = interruptSignal();
  const drift = new Drift();
  for (const path of files) {
    const store = openMemoryStore({ maxEventsPerRoom: MOST_IN_BATCH });
    const shown = new Map<RoomKey, Shown>();
    const onBatch = ({ room }: Loaded) => {
      const known = shown.get(room) ?? new Shown(store);
      shown.set(room, known);
      return known.showNew(room);
    };
    const setAside = () => say(told`the store refused an event; it was left out`);
    const loaded = await loadFile(path, { store, clock: systemClock, signal, onBatch, setAside });
    for (const one of loaded) sayLoaded(path, countsOf(one));
    if (loaded[0]) drift.merge(loaded[0].drift);
    await store.close();
    if (signal.aborted) break;
  }
  sayDrift(drift.toJSON());
}

/** Prints what is new in a room's log, once each, and drops what was printed long ago. */
class Shown {
  readonly #store: Pick<Store, "log">;
  #after = 0;
  #dropped = 0;

  constructor(store: Pick<Store, "log">) {
    this.#store = store;
  }

  async showNew(room: RoomKey): Promise<void> {
    for (;;) {
      const page = await this.#store.log.readRoom(room, this.#after, PAGE);
      for (const event of page.events) await print(lineOf(event, true));
      this.#after = page.scanned;
      if (page.scanned >= page.head) break;
    }
    const [from, to] = [this.#dropped + 1, this.#after - KEPT];
    if (to < from) return;
    await this.#store.log.remove(room, from, to, "retention");
    this.#dropped = to;
  }
}
