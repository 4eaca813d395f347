import { plain, print } from "./terminal.js";

/** What a cell shows; null is unknown. */
export type Cell = string | number | null;

/** Prints rows under their titles, numbers to the right; nothing of a stranger's text moves the cursor. */
export async function printColumns(titles: readonly string[], rows: readonly (readonly Cell[])[]): Promise<void> {
  const texts = [titles, ...rows].map((row) => row.map((cell) => (cell === null ? "–" : plain(String(cell)))));
  const widths = titles.map((_, at) => Math.max(...texts.map((row) => widthOf(row[at] ?? ""))));
  for (const [line, row] of texts.entries()) {
    const cells = row.map((text, at) => {
      const gap = " ".repeat(Math.max(0, (widths[at] ?? 0) - widthOf(text)));
      const number = line > 0 && typeof rows[line - 1]?.[at] === "number";
      return number ? gap + text : text + gap;
    });
    await print(cells.join("  ").trimEnd());
  }
}

/** A moment in local time, to the second. */
export function moment(at: number | null): string | null {
  if (at === null) return null;
  const date = new Date(at);
  const two = (part: number) => String(part).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")}`;
}

/** Columns of a terminal that a text takes: signs of Chinese and the like take two. */
function widthOf(text: string): number {
  let width = 0;
  for (const sign of text)
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u.test(
        sign,
      )
        ? 2
        : 1;
  return width;
}
