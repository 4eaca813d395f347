import type { LiveEvent } from "../events/event.js";
import type { ExportAbout } from "./format.js";

/** An event and where in the recording it belongs, ms from its first moment. */
export interface Placed {
  readonly at: number;
  readonly event: LiveEvent;
}

/** Bound on the difference between clocks that are set right, in ms. */
const AHEAD_MS = 86_400_000;
/** Lateness in ms up to which an event is still put where it belongs, though the log is in order of arrival. */
const LATE_MS = 60_000;
/** Most events among which a late one is put where it belongs. */
const HELD_MAX = 5000;

/**
 * Yields events in order of their place in the recording. Events before its first moment are left out. An event that comes later than a
 * minute after its time (a message that a redecoding found) is given when it comes, out of order.
 */
export async function* placed(batches: AsyncIterable<readonly LiveEvent[]>, about: ExportAbout): AsyncGenerator<readonly Placed[]> {
  let { startMs } = about;
  const held: Placed[] = [];
  for await (const events of batches) {
    for (const event of events) {
      startMs ??= event.time - event.receivedAt > AHEAD_MS ? event.receivedAt : event.time; // nothing happened after it was received
      const at = event.time - startMs + about.offsetMs;
      if (at >= 0) insert(held, { at, event });
    }
    const newest = held.at(-1)?.at ?? 0;
    const ripe = held.findIndex(({ at }) => at > newest - LATE_MS);
    yield held.splice(0, Math.max(ripe, held.length - HELD_MAX));
  }
  yield held;
}

/** Inserts an event at its place. Nearly every event is the newest. */
function insert(held: Placed[], one: Placed): void {
  let index = held.length;
  while (index > 0 && (held[index - 1]?.at ?? 0) > one.at) index--;
  held.splice(index, 0, one);
}
