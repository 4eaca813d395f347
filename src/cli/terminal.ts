import { createInterface } from "node:readline/promises";
import { languageOf } from "../app/config.js";
import { shownText } from "../events/hidden.js";
import { inLanguage } from "../i18n/words.js";
import { type Msg, type MsgOrText, type MsgPart, msg } from "../runtime/msg.js";
import { writeOut } from "./stdout.js";

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

/** Breaks text into lines of so many columns: between words, and between any two signs of Chinese unless the second ends a clause. */
export function wrapped(text: string, width: number): string {
  const wrap = (line: string) => {
    const rows = [""];
    for (const piece of line.match(
      /[^\s\u2e80-\uffef]+[\u3001\u3002\uff0c\uff1b\uff1a\uff09]?\s*|[\u2e80-\uffef][\u3001\u3002\uff0c\uff1b\uff1a\uff09]?\s*|\s+/gu,
    ) ?? []) {
      const row = rows.at(-1) ?? "";
      if (row !== "" && columnsOf(row) + columnsOf(piece.trimEnd()) > width) rows.push(piece);
      else rows[rows.length - 1] = row + piece;
    }
    return rows.map((row) => row.trimEnd()).join("\n");
  };
  return text.split("\n").map(wrap).join("\n");
}

/** Returns a sentence of ours in the language of commands, as it may be shown. */
export function inWords(said: Msg): string {
  return plain(inLanguage(languageOf(), said));
}

/** Says something on stderr, where it does not mix with data on stdout. */
export function say(line: MsgOrText): void {
  process.stderr.write(`${typeof line === "string" ? line : inWords(line)}\n`);
}

/** Writes a line to stdout, waiting when the reader is slow. */
export function print(line: MsgOrText): Promise<void> {
  return writeOut(`${typeof line === "string" ? line : inWords(line)}\n`);
}

/** Writes what programs read, one JSON object a line. */
export async function printJson(items: Iterable<unknown> | AsyncIterable<unknown>): Promise<void> {
  for await (const item of items) await print(JSON.stringify(item));
}

/** Asks a question on stderr and waits for a line; null where there is no terminal, or the input ends. */
export async function askOnTerminal(question: MsgOrText, signal: AbortSignal): Promise<string | null> {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) return null;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new Promise<null>((resolve) => lines.once("close", () => resolve(null)));
  // In this mode Ctrl-C is a key: without this, it would only end the question.
  lines.once("SIGINT", () => process.kill(process.pid, "SIGINT"));
  try {
    return await Promise.race([lines.question(typeof question === "string" ? question : inWords(question), { signal }), ended]);
  } finally {
    lines.close();
  }
}

/** Content of a cell; null is unknown. */
export type Cell = MsgOrText | number | null;

function shownCell(cell: Cell): string {
  if (cell === null) return "–";
  return typeof cell === "object" ? inWords(cell) : plain(String(cell));
}

/** Returns a text that takes at least so many columns. */
export function padded(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - columnsOf(text)));
}

/** Prints rows under their titles, numbers to the right, and says where there are none; nothing of a stranger's text moves the cursor. */
export async function printColumns(titles: readonly MsgOrText[], rows: readonly (readonly Cell[])[]): Promise<void> {
  const texts = [titles, ...rows].map((row) => row.map(shownCell));
  const widths = titles.map((_, at) => Math.max(...texts.map((row) => columnsOf(row[at] ?? ""))));
  for (const [line, row] of texts.entries()) {
    const cells = row.map((text, at) => {
      const gap = " ".repeat(Math.max(0, (widths[at] ?? 0) - columnsOf(text)));
      const number = line > 0 && typeof rows[line - 1]?.[at] === "number";
      return number ? gap + text : text + gap;
    });
    await print(cells.join("  ").trimEnd());
  }
  if (rows.length === 0) await print(msg`none`);
}

/** Writes a share of 0 to 1 as percent, without the sign: 0 only where there is nothing, 100 only where it is all. */
export function percentText(share: number, digits = 0): string {
  const [percent, least] = [share * 100, 10 ** -digits];
  if (percent > 0 && percent < least) return `<${least.toFixed(digits)}`;
  const text = percent.toFixed(digits);
  return percent < 100 && Number(text) === 100 ? `>${(100 - least).toFixed(digits)}` : text;
}

/** Formats a moment (ms UTC) in local time, to the second, with the zone; null stays null. */
export function moment(at: number): string;
export function moment(at: number | null): string | null;
export function moment(at: number | null): string | null {
  if (at === null) return null;
  const date = new Date(at);
  const ahead = -date.getTimezoneOffset();
  const local = new Date(at + ahead * 60_000);
  if (Number.isNaN(date.getTime()) || Number.isNaN(local.getTime())) return `${at} ms`; // a store may hold any number
  const two = (part: number) => String(Math.trunc(Math.abs(part))).padStart(2, "0");
  const zone = `${ahead < 0 ? "-" : "+"}${two(ahead / 60)}:${two(ahead % 60)}`;
  return `${local.toISOString().slice(0, -5).replace("T", " ")} ${zone}`;
}

const EVERY_MS = 500;

/** A progress line on stderr for long work: redrawn in place on a terminal, one line every few seconds elsewhere. */
export class ProgressLine {
  readonly #title: MsgPart;
  readonly #unit: Msg;
  readonly #terminal = process.stderr.isTTY === true;
  #shownAt = 0;

  constructor(title: MsgPart, unit: Msg) {
    this.#title = title;
    this.#unit = unit;
  }

  /** @param done how many units are done; @param share of the whole, 0 to 1, when known */
  show(done: number, share?: number): void {
    const now = Date.now();
    if (now - this.#shownAt < (this.#terminal ? EVERY_MS : EVERY_MS * 10)) return;
    this.#shownAt = now;
    const line = inWords(msg`${this.#title}: ${done} ${this.#unit}${share === undefined ? "" : ` (${Math.floor(share * 100)} %)`}`);
    if (this.#terminal) process.stderr.write(`\r\u001b[K${line}`);
    else say(line);
  }

  /** Takes the line away, so that something else can be written. */
  clear(): void {
    if (this.#terminal) process.stderr.write("\r\u001b[K");
  }

  /** Ends the line with the last word. */
  end(line: Msg): void {
    this.clear();
    say(line);
  }
}
