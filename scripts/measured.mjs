// Tables of docs/measured.md that runs write: each has its own mark, and each line is named by its first column.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { ROOT } from "./prepare.mjs";

const DOCUMENT = `${ROOT}docs/measured.md`;

/** Folders that decide what a run measures. */
const MEASURED = ["src", "bench", "test", "simulator", "proto"];
/** As the run begins: what is committed or changed while it goes on is not what it measures. */
const COMMIT = commit();

/** When and where: the date, the machine, Node, how many programs wanted the machine over the last five minutes, and the commit that ran. */
export function whenAndWhere() {
  const load = Math.round(loadavg()[1]);
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}, load ${load}`;
  return `${new Date().toISOString().slice(0, 10)}, ${machine}${COMMIT === null ? "" : `, ${COMMIT}`}`;
}

/** Returns the commit of the work tree, with a + where what is measured differs from it; null where there is no git, or none of this tree. */
function commit() {
  const git = (...args) => execFileSync("git", args, { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    if (git("rev-parse", "--show-prefix") !== "") return null; // unpacked within another project's
    return git("rev-parse", "--short=8", "HEAD") + (git("status", "--porcelain", "--", ...MEASURED) === "" ? "" : "+");
  } catch {
    return null;
  }
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
