import type { LiveEvent } from "../events/event.js";
import { MOST_IN_BATCH } from "../platform/access/read.js";
import type { Drift } from "../platform/wire/drift.js";
import type { Clock } from "../runtime/clock.js";
import { FieldError } from "../runtime/errors.js";
import { type Capture, openCaptures } from "../sources/capture.js";
import { paced } from "../sources/recording.js";
import { openMemoryStore } from "../store/memory/memory.js";
import { Pipeline } from "./pipeline.js";

/** Options of replaying a file of captured bytes. */
interface ReplayOptions {
  readonly clock: Clock;
  /** Times as fast as it was; 0 is as fast as it goes. */
  readonly speed: number;
  /** Counts what our decoders do not know. */
  readonly drift: Drift;
  readonly signal: AbortSignal;
  /** Called with each broadcast in the file when all of it was given. */
  readonly onDone?: (capture: Capture) => void;
  /** Called with an event that is left out because no store would take it. */
  readonly setAside: (error: unknown) => void;
}

const PAGE = 500;

/**
 * Yields the events of a recording, a HAR or a single capture, as the server would have stored them; a room of its own for each broadcast.
 * @throws DyliveError bad_file, bad_request
 */
export async function* replayFile(path: string, options: ReplayOptions): AsyncGenerator<LiveEvent, void> {
  const { clock, speed, drift, signal, setAside } = options;
  if (!(speed >= 0 && Number.isFinite(speed))) throw new FieldError("speed", "a number, 0 or more");
  const store = openMemoryStore({ maxEventsPerRoom: MOST_IN_BATCH, clock });
  try {
    for (const [index, capture] of (await openCaptures(path, clock, drift)).entries()) {
      const room = await store.rooms.ensure([{ kind: "import", value: capture.roomId ?? String(index) }]);
      const deps = { log: store.log, rooms: store.rooms, room, clock, drift };
      const pipeline = await Pipeline.open({ ...deps, setAside: (_event, error) => setAside(error) });
      const batches = capture.batches(signal);
      let after = 0;
      for await (const batch of speed > 0 ? paced(batches, { speed, clock }, signal) : batches) {
        await pipeline.store(batch, { sessionId: capture.roomId, webRid: capture.webRid, anchorId: null, source: "recording" });
        for (;;) {
          const page = await store.log.readRoom(room, after, PAGE);
          yield* page.events;
          after = page.scanned;
          if (after >= page.head) break;
        }
      }
      options.onDone?.(capture);
    }
  } finally {
    await store.close();
  }
}
