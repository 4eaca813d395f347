import { ByteWriter, type ColumnSource, ParquetWriter, type SchemaElement } from "hyparquet-writer";
import type { LiveEvent } from "../events/event.js";
import { COLUMNS, type Column, isDate, type Value } from "./columns.js";
import type { Encode } from "./format.js";

/** Rows of one group: written when there are so many, so this is what is held (some 10 MB). */
const GROUP_ROWS = 10_000;

/** Number beyond the largest one of a column. */
const INT64 = 2 ** 63;

const SCHEMA: readonly SchemaElement[] = [
  { name: "events", num_children: COLUMNS.length },
  ...COLUMNS.map((column): SchemaElement => ({ ...typeOf(column), name: column.name, repetition_type: "OPTIONAL" })),
];

/** Writes a table for analysis. A `moment` is a timestamp in UTC, so that the zone of the other tables means nothing here. */
export const parquet: Encode = async function* (batches) {
  const piece = new ParquetPiece();
  const writer = new ParquetWriter({ writer: piece, schema: [...SCHEMA], createdBy: "dylive" });
  let rows: LiveEvent[] = [];
  const flush = () => {
    if (rows.length > 0) writer.write({ columnData: COLUMNS.map((column) => columnOf(column, rows)), rowGroupSize: GROUP_ROWS });
    rows = [];
    return piece.take();
  };
  for await (const events of batches) {
    rows.push(...events);
    if (rows.length >= GROUP_ROWS) yield flush();
  }
  yield flush();
  writer.finish();
  yield piece.take();
};

/** Collects what the writer has written since it was last looked at; the places in the file go on. */
class ParquetPiece extends ByteWriter {
  take(): Uint8Array {
    const bytes = new Uint8Array(this.getBuffer());
    this.index = 0;
    return bytes;
  }
}

function typeOf({ kind }: Column): Pick<SchemaElement, "type" | "converted_type" | "logical_type"> {
  if (kind === "text") return { type: "BYTE_ARRAY", converted_type: "UTF8" };
  if (kind === "boolean") return { type: "BOOLEAN" };
  if (kind === "integer") return { type: "INT64" };
  return { type: "INT64", converted_type: "TIMESTAMP_MILLIS", logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" } };
}

function columnOf(column: Column, rows: readonly LiveEvent[]): ColumnSource {
  return { name: column.name, data: rows.map((event) => storedOf(column, column.of(event))) };
}

function storedOf({ kind }: Column, value: Value): string | bigint | boolean | null {
  // Strings with half a surrogate would not be UTF-8.
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value !== "number") return value;
  // What a column cannot hold, or its readers would refuse, is not told by it.
  return (kind === "moment" ? isDate(value) : Math.abs(value) < INT64) ? BigInt(Math.trunc(value)) : null;
}
