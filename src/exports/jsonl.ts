import type { StoredEvent } from "../store/stored-event.js";
import type { Encode } from "./format.js";

/** Writes one event a line, as the API gives it: nothing is lost. */
export const jsonl: Encode = async function* (batches) {
  for await (const events of batches) yield events.map((event) => `${JSON.stringify(event)}\n`).join("");
};

/** Writes stored events as {@link jsonl} does, without a look inside. */
export async function* storedLines(batches: AsyncIterable<readonly StoredEvent[]>): AsyncGenerator<string> {
  for await (const rows of batches) yield rows.map(({ text }) => `${text}\n`).join("");
}
