import type { Batch } from "../../feed/batch.js";
import { cursorEnd } from "../../feed/cursor.js";
import type { StoredEvent } from "../../store/stored-event.js";

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
 * Writes what is shown of a batch as messages, each with the cursor after it; null when there is nothing.
 * @param start `cursorStart` of the stream's other rooms
 */
export function sseBatch({ room, removed }: Batch, shown: readonly StoredEvent[], logId: string, start: string): Buffer | null {
  const id = (seq: number) => start + cursorEnd(logId, room, seq);
  let text = removed === null ? "" : sseMessage("removed", { room, from: removed[0], to: removed[1] }, id(removed[1]));
  for (const row of shown) text += `id: ${id(row.seq)}\nevent: ${row.type}\ndata: ${row.text}\n\n`;
  return text === "" ? null : Buffer.from(text, "utf8");
}
