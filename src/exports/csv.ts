import { type Column, shownMoment, type Table, titlesOf, type Value } from "./columns.js";
import type { Encode, TableAbout } from "./format.js";

/** Byte order mark: Excel takes a file without it for one of the machine's own character set. */
const BOM = "\ufeff";
const LINE_END = "\r\n";
/**
 * Pattern of cells that a spreadsheet would compute. A formula begins with one of these, behind blanks and signs that show nothing too, and
 * East Asian versions take the wide forms (OWASP, "CSV Injection"). Nothing else may begin with our own mark, so that it can be taken off
 * again.
 */
const COMPUTED = /^(?:[\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]*[=+\-@＝＋－＠|%]|[\t\r\n']|[\s\u0000-\u0020]+$)/u;
/** Pattern of numbers with more digits than a spreadsheet keeps: it would show and save 7.42341E+18. */
const LONG_NUMBER = /^\d{16,}$/;

/**
 * Returns what writes a table for spreadsheets. A cell that they would compute or round has an apostrophe before it, as has one that begins with an
 * apostrophe.
 */
export function csv<T>(table: Table<T>): Encode<T, TableAbout> {
  const { columns } = table;
  return async function* (batches, { zoneMinutes, begins, headers }) {
    if (begins) yield `${BOM}${titlesOf(table, headers).join(",")}${LINE_END}`;
    const lineOf = (row: T) => columns.map((column) => cellOf(column, column.of(row), zoneMinutes)).join(",") + LINE_END;
    for await (const rows of batches) yield rows.map(lineOf).join("");
  };
}

function cellOf<T>({ kind }: Column<T>, value: Value, zoneMinutes: number): string {
  if (value === null) return "";
  if (kind === "moment" && typeof value === "number") return shownMoment(value, zoneMinutes);
  if (typeof value !== "string") return String(value);
  const safe = COMPUTED.test(value) || LONG_NUMBER.test(value) ? `'${value}` : value;
  return /[",;\s\u0000-\u001f]/.test(safe) || safe === "" ? `"${safe.replaceAll('"', '""')}"` : safe;
}
