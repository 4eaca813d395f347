import { shownText } from "../events/hidden.js";

/**
 * Returns text from the platform as it may be shown on a terminal: one line, nothing that moves the cursor, colours, turns the direction or
 * hides.
 */
export function plain(text: string): string {
  return shownText(text, "\ufffd");
}

/** Returns the columns of a terminal that a text takes: signs of Chinese and the like, and most emoji, take two. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const sign of text)
    columns +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u.test(
        sign,
      )
        ? 2
        : 1;
  return columns;
}

/** Says something on stderr, where it does not mix with data on stdout. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Writes a line to stdout, waiting when the reader is slow. */
export function print(line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(`${line}\n`, (error) => (error ? reject(error) : resolve()));
  });
}
