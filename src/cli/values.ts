import { InvalidArgumentError } from "commander";

// What options take, as commander reads them.

/** A whole number, 0 included. @throws InvalidArgumentError */
export function whole(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("It takes a whole number.");
  return Number(text);
}

/** How many: a whole number above 0, below a million. @throws InvalidArgumentError */
export function count(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError("It takes a whole number above 0.");
  return Number(text);
}

/** Names with commas between. */
export function names(text: string): readonly string[] {
  return text.split(",").map((name) => name.trim());
}
