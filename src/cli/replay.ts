import { systemClock } from "../clock.js";
import { DyliveError } from "../errors.js";
import { openMemoryStore } from "../log/memory.js";
import { Pipeline } from "../rooms/pipeline.js";
import { newReport, recordingSource } from "../sources/recording.js";
import { Drift } from "../wire/drift.js";
import { sayDrift } from "./report.js";
import { Shown } from "./shown.js";
import { stopSignal } from "./stop.js";
import { say } from "./terminal.js";

/** `dylive replay FILE`: a recording's events at its pace, or `speed` times as fast. Stores nothing. */
export async function replay(
  path: string,
  { speed, json, all }: { readonly speed: number; readonly json: boolean; readonly all: boolean },
): Promise<void> {
  if (!(speed >= 0 && Number.isFinite(speed))) throw new DyliveError("bad_request", "--speed takes a number, 0 or more");
  const signal = stopSignal();
  const store = openMemoryStore({ maxEventsPerRoom: 100_000 });
  const drift = new Drift();
  const report = newReport();
  const shown = new Shown(store, { json, all });
  const room = await store.rooms.ensure([{ kind: "import", value: "0" }]);
  const pipeline = await Pipeline.open({
    log: store.log,
    rooms: store.rooms,
    room,
    clock: systemClock,
    drift,
    setAside: () => say("an event is left out"),
  });
  for await (const batch of recordingSource({ path, speed, clock: systemClock, drift, report }).open(signal)) {
    const { roomId = null, webRid = null } = report.meta ?? {};
    await pipeline.store(batch, { sessionId: roomId, webRid, anchorId: null, source: "recording" });
    await shown.showNew(room);
  }
  if (report.lostBytes > 0) say(`the last ${report.lostBytes} bytes of ${path} are torn or damaged`);
  if (report.skipped > 0) say(`${report.skipped} damaged records were passed over`);
  say(`${shown.count} events`);
  sayDrift(drift);
  await store.close();
}
