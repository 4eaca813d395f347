/** Control characters and direction overrides: what a stranger's text could steer a terminal with. */
const HOSTILE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Text from the platform as it may be shown on a terminal: one line, nothing that moves the cursor, colours or hides. */
export function plain(text: string): string {
  return text.replace(HOSTILE, "\ufffd");
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
