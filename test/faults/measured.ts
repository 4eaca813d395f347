import type { NewEventOf } from "../../src/events/event.js";

/** A gap of a clock that nobody set: its length is always known. */
export function measured({ from, to, reason }: NewEventOf<"gap">): { readonly from: number; readonly to: number; readonly reason: string } {
  if (from === null) throw new Error(`a gap of unknown length, although nobody set the clock: ${reason}`);
  return { from, to, reason };
}
