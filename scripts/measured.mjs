// Tables of docs/measured.md that runs write: each has its own mark, and each line is named by its first column.
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { ROOT } from "./prepare.mjs";

const DOCUMENT = `${ROOT}docs/measured.md`;

/** When and where: the date, the machine, Node and how many programs wanted the machine over the last five minutes. */
export function whenAndWhere() {
  const load = Math.round(loadavg()[1]);
  return `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}, load ${load}`;
}

/**
 * Puts lines into the table of a mark; a line that it has already is replaced in its place.
 *
 * @param columns the columns of the table, in order
 * @param made for each line its first column and its others, which may look at what the line held before (null for a new one)
 */
export function writeTable(mark, columns, made) {
  const document = readFileSync(DOCUMENT, "utf8");
  const [begin, end] = [`<!-- ${mark} -->\n`, `<!-- /${mark} -->`];
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/measured.md has no table between "${begin.trim()}" and "${end}"`);
  const lines = new Map();
  for (const line of document
    .slice(from + begin.length, to)
    .split("\n")
    .slice(2)) {
    const cells = line.slice(2, -2).split(" | ");
    if (line !== "") lines.set(cells[0], cells);
  }
  for (const { first, others } of made) lines.set(first, [first, ...others(lines.get(first) ?? null)]);
  const row = (cells) => `| ${cells.join(" | ")} |\n`;
  const table = `${row(columns)}|${columns.map(() => "---|").join("")}\n${[...lines.values()].map(row).join("")}`;
  writeFileSync(DOCUMENT, document.slice(0, from + begin.length) + table + document.slice(to));
}
