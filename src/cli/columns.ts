import { columnsOf, plain, print } from "./terminal.js";

/** Content of a cell; null is unknown. */
export type Cell = string | number | null;

/** Prints rows under their titles, numbers to the right; nothing of a stranger's text moves the cursor. */
export async function printColumns(titles: readonly string[], rows: readonly (readonly Cell[])[]): Promise<void> {
  const texts = [titles, ...rows].map((row) => row.map((cell) => (cell === null ? "–" : plain(String(cell)))));
  const widths = titles.map((_, at) => Math.max(...texts.map((row) => columnsOf(row[at] ?? ""))));
  for (const [line, row] of texts.entries()) {
    const cells = row.map((text, at) => {
      const gap = " ".repeat(Math.max(0, (widths[at] ?? 0) - columnsOf(text)));
      const number = line > 0 && typeof rows[line - 1]?.[at] === "number";
      return number ? gap + text : text + gap;
    });
    await print(cells.join("  ").trimEnd());
  }
}

/** Formats a moment in UTC, to the second: for lines that scripts read, and that say nothing of a zone. */
export function utcTime(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? `${at} ms` : date.toISOString().replace(/\.\d+Z$/, "Z"); // a store may hold any number
}

/** Formats a moment in local time, to the second. */
export function moment(at: number | null): string | null {
  if (at === null) return null;
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return `${at} ms`;
  const two = (part: number) => String(part).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")}`;
}
