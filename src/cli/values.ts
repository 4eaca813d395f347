import { InvalidArgumentError } from "commander";

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
