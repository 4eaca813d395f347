import { InvalidArgumentError } from "commander";
import { readInstant } from "../exports/instant.js";
import { DyliveError } from "../runtime/errors.js";

/** Reads a moment as people write it, in local time unless it has a zone, as ms UTC: `2026-11-25`, `2026-11-25 18:30`, or ms UTC. */
export function when(text: string): number {
  try {
    return readInstant("it", text, null);
  } catch (error) {
    if (!(error instanceof DyliveError)) throw error;
    throw new InvalidArgumentError('It takes a date of the calendar such as 2026-11-25 or "2026-11-25 18:30", or ms UTC.');
  }
}
