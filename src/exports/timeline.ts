import type { LiveEvent } from "../events/event.js";
import type { ExportAbout } from "./format.js";

/** An event and where in the recording it belongs, ms from its first moment. */
export interface Placed {
  readonly at: number;
  readonly event: LiveEvent;
}

/** Clocks that are set right differ by less. */
const AHEAD_MS = 86_400_000;
/** The log is in order of arrival: what comes this much late is still put where it belongs … */
const LATE_MS = 60_000;
/** … among so many events at most. */
const HELD_MAX = 5000;

/**
 * Events in order of their place in the recording. What was before its first moment is left out. An event that comes later than a minute after
 * its time (a message that a redecoding found) is given when it comes, out of order.
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

/** Nearly every event is the newest. */
function insert(held: Placed[], one: Placed): void {
  let index = held.length;
  while (index > 0 && (held[index - 1]?.at ?? 0) > one.at) index--;
  held.splice(index, 0, one);
}
