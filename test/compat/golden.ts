import type { AskedStream, Format } from "../../src/compat/format.js";
import { ABOUT, SAMPLES, sample } from "./samples.js";

/** Every sample with the message that a format makes of it, one a line: the contents of its golden file. */
export function rendered(format: Format, asked: AskedStream): string {
  const lines = Object.keys(SAMPLES).map((name) => `${name}: ${format.write(sample(name), ABOUT, asked)?.text ?? "-"}`);
  return `${lines.join("\n")}\n`;
}
