import { systemClock } from "../clock.js";
import { DyliveError } from "../errors.js";
import { openMemoryStore } from "../log/memory.js";
import { Pipeline } from "../rooms/pipeline.js";
import { openCaptures } from "../sources/capture.js";
import { paced } from "../sources/pace.js";
import { Drift } from "../wire/drift.js";
import { sayDrift } from "./report.js";
import { Shown } from "./shown.js";
import { stopSignal } from "./stop.js";
import { say } from "./terminal.js";

/** `dylive replay FILE`: the events of a recording or a HAR at its pace, or `speed` times as fast. Stores nothing. */
export async function replay(
  path: string,
  { speed, json, all }: { readonly speed: number; readonly json: boolean; readonly all: boolean },
): Promise<void> {
  if (!(speed >= 0 && Number.isFinite(speed))) throw new DyliveError("bad_request", "--speed takes a number, 0 or more");
  const signal = stopSignal();
  const store = openMemoryStore({ maxEventsPerRoom: 100_000 });
  const drift = new Drift();
  let events = 0;
  for (const [index, capture] of (await openCaptures(path, systemClock, drift)).entries()) {
    const shown = new Shown(store, { json, all });
    const room = await store.rooms.ensure([{ kind: "import", value: capture.roomId ?? String(index) }]);
    const setAside = () => say("an event is left out");
    const pipeline = await Pipeline.open({ log: store.log, rooms: store.rooms, room, clock: systemClock, drift, setAside });
    const batches = capture.batches(signal);
    for await (const batch of speed > 0 ? paced(batches, { speed, clock: systemClock }, signal) : batches) {
      await pipeline.store(batch, { sessionId: capture.roomId, webRid: capture.webRid, anchorId: null, source: "recording" });
      await shown.showNew(room);
    }
    const { lostBytes, skipped } = capture.report;
    if (lostBytes > 0) say(`the last ${lostBytes} bytes of ${path} are torn or damaged`);
    if (skipped > 0) say(`${skipped} damaged records were passed over`);
    events += shown.count;
  }
  say(`${events} events`);
  sayDrift(drift);
  await store.close();
}
