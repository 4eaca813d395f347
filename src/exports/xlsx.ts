import { PassThrough, Readable } from "node:stream";
import { ZipFile } from "yazl";
import { type Column, type Headers, shownMoment, type Table, titlesOf } from "./columns.js";
import type { TableAbout } from "./format.js";
import { xmlText } from "./xml.js";

/** Most rows that Excel takes of one sheet, the line of titles included. */
const SHEET_ROWS = 1_048_576;
/** Most characters that Excel takes of one cell; more and it calls the file damaged. */
const CELL_MAX = 32_767;
/** 1970-01-01 in days of Excel, whose first day is 1899-12-31. */
const EPOCH_DAYS = 25_569;
/** First day that Excel has no dates for, 10000-01-01: it has those before it, from 1900 on. */
const LAST_DAYS = 2_958_466;
const DAY_MS = 86_400_000;
/** The number of the style that shows a date, in {@link STYLES}. */
const DATE_STYLE = 1;
const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';

/** Styles that show moments as dates; everything else as it is. */
const STYLES = `${XML}<styleSheet xmlns="${MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss.000"/></numFmts><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf xfId="0"/><xf numFmtId="164" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>`;

/** Returns the beginning of a sheet, with its line of titles, which stays when the rest is scrolled. */
function headOf<T>(table: Table<T>, headers: Headers): string {
  const titles = titlesOf(table, headers).map((title, index) => textCell(lettersOf(index), 1, title));
  return `${XML}<worksheet xmlns="${MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols><col min="2" max="2" width="24" customWidth="1"/></cols><sheetData>${row(1, titles)}`;
}
const SHEET_TAIL = "</sheetData></worksheet>";

/** Returns the function that writes a row. Texts are texts, whatever they look like: nothing is a formula, and ids keep all their digits. */
function rowsOf<T>({ columns }: Table<T>, zoneMinutes: number): (one: T, number: number) => string {
  const lettered = columns.map((column, index) => ({ column, letters: lettersOf(index) }));
  return (one, number) =>
    row(
      number,
      lettered.map(({ column, letters }) => cellOf(column, one, letters, number, zoneMinutes)),
    );
}

function row(number: number, cells: readonly string[]): string {
  return `<row r="${number}">${cells.join("")}</row>`;
}

function cellOf<T>({ kind, of }: Column<T>, one: T, letters: string, number: number, zoneMinutes: number): string {
  const value = of(one);
  if (value === null) return "";
  if (typeof value === "string") return textCell(letters, number, value);
  const at = `r="${letters}${number}"`;
  if (typeof value === "boolean") return `<c ${at} t="b"><v>${value ? 1 : 0}</v></c>`;
  if (kind === "moment") {
    const days = (value + zoneMinutes * 60_000) / DAY_MS + EPOCH_DAYS;
    if (days < 0 || days >= LAST_DAYS) return textCell(letters, number, shownMoment(value, zoneMinutes));
    return `<c ${at} s="${DATE_STYLE}"><v>${days}</v></c>`;
  }
  return `<c ${at}><v>${value}</v></c>`;
}

function textCell(letters: string, number: number, value: string): string {
  // Excel itself reads _x000A_ as a line break: the underscore of such a text is written as one.
  const plain = value.slice(0, CELL_MAX).replace(/_(?=x[0-9a-fA-F]{4}_)/g, "_x005F_");
  return `<c r="${letters}${number}" t="inlineStr"><is><t xml:space="preserve">${xmlText(plain)}</t></is></c>`;
}

/** Returns the letters that name a column: A to Z, AA to AZ, … */
function lettersOf(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : lettersOf(Math.floor(index / 26) - 1) + last;
}

/** Returns the other files of a workbook with so many sheets of a table, by their names in the archive. */
function workbookFiles(table: string, sheets: number): ReadonlyMap<string, string> {
  const each = (make: (number: number) => string) => Array.from({ length: sheets }, (_, index) => make(index + 1)).join("");
  const types = "http://schemas.openxmlformats.org/package/2006/content-types";
  const relations = "http://schemas.openxmlformats.org/package/2006/relationships";
  const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  const format = "application/vnd.openxmlformats-officedocument.spreadsheetml";
  return new Map([
    [
      "[Content_Types].xml",
      `${XML}<Types xmlns="${types}"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${format}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="${format}.styles+xml"/>${each((n) => `<Override PartName="/xl/worksheets/sheet${n}.xml" ContentType="${format}.worksheet+xml"/>`)}</Types>`,
    ],
    [
      "_rels/.rels",
      `${XML}<Relationships xmlns="${relations}"><Relationship Id="rId1" Type="${office}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    ],
    [
      "xl/workbook.xml",
      `${XML}<workbook xmlns="${MAIN}" xmlns:r="${office}"><sheets>${each((n) => `<sheet name="${table}${n === 1 ? "" : ` ${n}`}" sheetId="${n}" r:id="rId${n}"/>`)}</sheets></workbook>`,
    ],
    [
      "xl/_rels/workbook.xml.rels",
      `${XML}<Relationships xmlns="${relations}">${each((n) => `<Relationship Id="rId${n}" Type="${office}/worksheet" Target="worksheets/sheet${n}.xml"/>`)}<Relationship Id="rId${sheets + 1}" Type="${office}/styles" Target="styles.xml"/></Relationships>`,
    ],
    ["xl/styles.xml", STYLES],
  ]);
}

/**
 * Returns what writes a workbook for Excel: a sheet of the table, and another whenever one is full.
 * @param sheetRows rows that fit into one sheet, that of the titles included
 */
export function xlsx<T>(table: Table<T>, sheetRows = SHEET_ROWS) {
  return (batches: AsyncIterable<readonly T[]>, about: Omit<TableAbout, "begins">): AsyncGenerator<Uint8Array> =>
    workbook(table, batches, about, sheetRows);
}

/** Makes the date of a part: the first that ZIP has, in whatever zone, so that an export is the same bytes whenever it is made. */
function undated() {
  return { mtime: new Date(1980, 0, 1), forceDosTimestamp: true };
}

async function* workbook<T>(
  table: Table<T>,
  batches: AsyncIterable<readonly T[]>,
  about: Omit<TableAbout, "begins">,
  sheetRows: number,
): AsyncGenerator<Uint8Array> {
  const zip = new ZipFile();
  const out = new PassThrough();
  zip.outputStream.pipe(out);
  const rows = new Rows(batches);
  let sheets = 0;
  const add = () => {
    sheets++;
    const sheet = Readable.from(sheetOf(table, rows, about, sheetRows), { objectMode: false });
    sheet.once("error", (error) => out.destroy(error));
    sheet.once("end", () => {
      if (!rows.ended) return add();
      for (const [name, text] of workbookFiles(table.name, sheets)) zip.addBuffer(Buffer.from(text), name, undated());
      zip.end();
    });
    zip.addReadStream(sheet, `xl/worksheets/sheet${sheets}.xml`, undated());
  };
  zip.once("error", (error) => out.destroy(error));
  add();
  try {
    for await (const chunk of out) yield chunk as Uint8Array;
  } finally {
    await rows.close();
  }
}

async function* sheetOf<T>(
  table: Table<T>,
  rows: Rows<T>,
  { zoneMinutes, headers }: Omit<TableAbout, "begins">,
  sheetRows: number,
): AsyncGenerator<string> {
  const rowOf = rowsOf(table, zoneMinutes);
  yield headOf(table, headers);
  for (let count = 1; count < sheetRows; ) {
    const taken = await rows.take(sheetRows - count);
    if (taken === null) break;
    const above = count;
    count += taken.length;
    yield taken.map((one, index) => rowOf(one, above + index + 1)).join("");
  }
  yield SHEET_TAIL;
}

/** Reads batches, of which no more is taken than fits. */
class Rows<T> {
  /** Whether nothing more comes. Known one look ahead, so that no sheet is begun for nothing. */
  ended = false;
  readonly #batches: AsyncIterator<readonly T[]>;
  #waiting: readonly T[] = [];

  constructor(batches: AsyncIterable<readonly T[]>) {
    this.#batches = batches[Symbol.asyncIterator]();
  }

  /** Returns some of the next rows, `max` at most; null when there are none. */
  async take(max: number): Promise<readonly T[] | null> {
    if (this.#waiting.length === 0) await this.#pull();
    if (this.ended) return null;
    const taken = this.#waiting.slice(0, max);
    this.#waiting = this.#waiting.slice(max);
    if (this.#waiting.length === 0) await this.#pull();
    return taken;
  }

  async close(): Promise<void> {
    await this.#batches.return?.();
  }

  /** Reads the next batch that is not empty. */
  async #pull(): Promise<void> {
    while (this.#waiting.length === 0 && !this.ended) {
      const next = await this.#batches.next();
      if (next.done) this.ended = true;
      else this.#waiting = next.value;
    }
  }
}
