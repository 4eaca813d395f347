import type { LiveEvent } from "../../events/event.js";
import type { TailBatch } from "../../feed/tail-batch.js";
import { textFrame } from "./frame.js";

/** A batch as messages ready for any socket: an array of events, before it what was removed; null when nothing of it is shown. */
export function wsBatch(batch: TailBatch, shows: (event: LiveEvent) => boolean): Buffer | null {
  const { room, removed } = batch;
  const shown = batch.events.flatMap((event, index) => (shows(event) ? [batch.json(index)] : []));
  const events = shown.length === 0 ? null : textFrame(`[${shown.join(",")}]`);
  if (removed === null) return events;
  const told = textFrame(JSON.stringify({ type: "removed", room, from: removed[0], to: removed[1] }));
  return events === null ? told : Buffer.concat([told, events]);
}
