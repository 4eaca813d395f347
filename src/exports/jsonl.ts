import type { Encode } from "./format.js";

/** Writes one event a line, as the API gives it: nothing is lost. */
export const jsonl: Encode = async function* (batches) {
  for await (const events of batches) yield events.map((event) => `${JSON.stringify(event)}\n`).join("");
};
