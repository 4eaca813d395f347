import { InvalidArgumentError } from "commander";
import { readInstant } from "../exports/instant.js";
import { DyliveError } from "../runtime/errors.js";

// What options take, as commander reads them.

const shown = (value: number) => value.toLocaleString("en", { maximumFractionDigits: 3 });

/** Reads a whole number within bounds. @throws InvalidArgumentError that names them */
export function wholeFrom(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It takes a whole number from ${shown(least)} to ${shown(most)}.`);
  };
}

/** Reads a number within bounds, with a point where it is not whole. @throws InvalidArgumentError that names them */
export function numberFrom(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^-?(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It takes a number from ${shown(least)} to ${shown(most)}.`);
  };
}

/** Reads a whole number, 0 included. */
export const whole = wholeFrom(0, 999_999_999_999_999);

/** Reads a count: above 0, below a million. */
export const count = wholeFrom(1, 999_999);

/** Reads names with commas between. */
export function names(text: string): readonly string[] {
  return text.split(",").map((name) => name.trim());
}

/** Reads a moment as people write it, in local time unless it has a zone, as ms UTC: `2026-11-25`, `2026-11-25 18:30`, or ms UTC. */
export function when(text: string): number {
  try {
    return readInstant("it", text, null);
  } catch (error) {
    if (!(error instanceof DyliveError)) throw error;
    throw new InvalidArgumentError('It takes a date of the calendar such as 2026-11-25 or "2026-11-25 18:30", or ms UTC.');
  }
}
