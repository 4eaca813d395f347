import { replayFile } from "../../ingest/replay.js";
import { Drift } from "../../platform/wire/drift.js";
import { systemClock } from "../../runtime/clock.js";
import { msg } from "../../runtime/msg.js";
import { lineOf, SHOWN, sayDrift } from "../show.js";
import { interruptSignal } from "../stop.js";
import { print, say } from "../terminal.js";

/** `dylive replay FILE`: the events of a recording or a HAR at its pace, or `speed` times as fast. Stores nothing. */
export async function replay(
  path: string,
  { speed, json, all }: { readonly speed: number; readonly json: boolean; readonly all: boolean },
): Promise<void> {
  const drift = new Drift();
  let count = 0;
  const events = replayFile(path, {
    clock: systemClock,
    speed,
    drift,
    signal: interruptSignal(),
    setAside: () => say(msg`the store refused an event; it was left out`),
    onDone: ({ report: { lostBytes, skipped } }) => {
      if (lostBytes > 0) say(msg`${path}: the last ${lostBytes} bytes are torn or damaged`);
      if (skipped > 0) say(msg`${path}: ${skipped} damaged records were passed over`);
    },
  });
  for await (const event of events) {
    if (!all && !SHOWN.includes(event.type)) continue;
    await print(lineOf(event, json));
    count++;
  }
  say(msg`${count} events`);
  sayDrift(drift.toJSON());
}
