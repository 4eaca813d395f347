import { PassThrough, Readable } from "node:stream";
import { ZipFile } from "yazl";
import type { LiveEvent } from "../events/event.js";
import type { Encode } from "./format.js";
import { rowOf, SHEET_HEAD, SHEET_ROWS, SHEET_TAIL, workbookFiles } from "./sheet.js";

/** A workbook for Excel: a sheet of the events, and another whenever one is full. */
export const xlsx: Encode = (batches, { zoneMinutes }) => workbook(batches, zoneMinutes, SHEET_ROWS);

/** @param sheetRows rows that fit into one sheet, that of the titles included */
export async function* workbook(
  batches: AsyncIterable<readonly LiveEvent[]>,
  zoneMinutes: number,
  sheetRows: number,
): AsyncGenerator<Uint8Array> {
  const zip = new ZipFile();
  const out = new PassThrough();
  zip.outputStream.pipe(out);
  const rows = new Rows(batches);
  let sheets = 0;
  const add = () => {
    sheets++;
    const sheet = Readable.from(sheetOf(rows, zoneMinutes, sheetRows), { objectMode: false });
    sheet.once("error", (error) => out.destroy(error));
    sheet.once("end", () => {
      if (!rows.ended) return add();
      for (const [name, text] of workbookFiles(sheets)) zip.addBuffer(Buffer.from(text), name);
      zip.end();
    });
    zip.addReadStream(sheet, `xl/worksheets/sheet${sheets}.xml`);
  };
  zip.once("error", (error) => out.destroy(error));
  add();
  try {
    for await (const chunk of out) yield chunk as Uint8Array;
  } finally {
    await rows.close();
  }
}

async function* sheetOf(rows: Rows, zoneMinutes: number, sheetRows: number): AsyncGenerator<string> {
  yield SHEET_HEAD;
  for (let count = 1; count < sheetRows; ) {
    const events = await rows.take(sheetRows - count);
    if (events === null) break;
    const above = count;
    count += events.length;
    yield events.map((event, index) => rowOf(event, above + index + 1, zoneMinutes)).join("");
  }
  yield SHEET_TAIL;
}

/** Batches, of which no more is taken than fits. */
class Rows {
  /** Whether nothing more comes. Known one look ahead, so that no sheet is begun for nothing. */
  ended = false;
  readonly #batches: AsyncIterator<readonly LiveEvent[]>;
  #waiting: readonly LiveEvent[] = [];

  constructor(batches: AsyncIterable<readonly LiveEvent[]>) {
    this.#batches = batches[Symbol.asyncIterator]();
  }

  /** Some of the next events, `max` at most; null when there are none. */
  async take(max: number): Promise<readonly LiveEvent[] | null> {
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

  /** The next batch that is not empty. */
  async #pull(): Promise<void> {
    while (this.#waiting.length === 0 && !this.ended) {
      const next = await this.#batches.next();
      if (next.done) this.ended = true;
      else this.#waiting = next.value;
    }
  }
}
