import { plain, say } from "./terminal.js";

const EVERY_MS = 500;

/** A progress line on stderr for long work: redrawn in place on a terminal, one line every few seconds elsewhere. */
export class ProgressLine {
  readonly #title: string;
  readonly #unit: string;
  readonly #terminal = process.stderr.isTTY === true;
  #shownAt = 0;

  constructor(title: string, unit: string) {
    this.#title = title;
    this.#unit = unit;
  }

  /** @param done how many units are done; @param share of the whole, 0 to 1, when known */
  show(done: number, share?: number): void {
    const now = Date.now();
    if (now - this.#shownAt < (this.#terminal ? EVERY_MS : EVERY_MS * 10)) return;
    this.#shownAt = now;
    const line = plain(`${this.#title}: ${done} ${this.#unit}${share === undefined ? "" : ` (${Math.floor(share * 100)} %)`}`);
    if (this.#terminal) process.stderr.write(`\r\u001b[K${line}`);
    else say(line);
  }

  /** Ends the line with the last word. */
  end(line: string): void {
    if (this.#terminal) process.stderr.write("\r\u001b[K");
    say(plain(line));
  }
}
