import type { TailBatch } from "../../log/tail-batch.js";
import { textFrame } from "./frame.js";
import type { Selection } from "./selection.js";

/** A batch as messages ready for any socket: an array of events, before it what was removed; null when the selection shows nothing of it. */
export function wsBatch(batch: TailBatch, selection: Selection): Buffer | null {
  const { room, removed } = batch;
  const shown = batch.events.flatMap((event, index) => (selection.shows(event) ? [batch.json(index)] : []));
  const events = shown.length === 0 ? null : textFrame(`[${shown.join(",")}]`);
  if (removed === null) return events;
  const told = textFrame(JSON.stringify({ type: "removed", room, from: removed[0], to: removed[1] }));
  return events === null ? told : Buffer.concat([told, events]);
}
