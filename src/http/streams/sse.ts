import type { LiveEvent } from "../../events/event.js";
import { cursorEnd } from "../../feed/places.js";
import type { TailBatch } from "../../feed/tail-batch.js";

/** Time that a client waits before it connects again, in ms. */
const RETRY_MS = 2_000;

/** Start of every stream. */
export const PREAMBLE = `retry: ${RETRY_MS}\n\n`;

/** Writes a message of Server-Sent Events; `data` is JSON, which holds no line breaks. */
export function sseMessage(event: string, data: unknown, id?: string): string {
  return `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Writes a heartbeat that keeps the connection in use; with an id it also moves the client's position past events that it is not shown. */
export function sseHeartbeat(id?: string): string {
  return `: heartbeat\n${id === undefined ? "" : `id: ${id}\n`}\n`;
}

/**
 * Writes a batch as messages, each with the cursor after it; null when nothing of it is shown.
 * @param start `cursorStart` of the stream's other rooms
 */
export function sseBatch(batch: TailBatch, shows: (event: LiveEvent) => boolean, logId: string, start: string): Buffer | null {
  const { room, removed } = batch;
  const id = (seq: number) => start + cursorEnd(logId, room, seq);
  let text = removed === null ? "" : sseMessage("removed", { room, from: removed[0], to: removed[1] }, id(removed[1]));
  batch.events.forEach((event, index) => {
    if (shows(event)) text += `id: ${id(event.seq)}\nevent: ${event.type}\ndata: ${batch.json(index)}\n\n`;
  });
  return text === "" ? null : Buffer.from(text, "utf8");
}
