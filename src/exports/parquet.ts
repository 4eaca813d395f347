import { ByteWriter, type ColumnSource, ParquetWriter, type SchemaElement } from "hyparquet-writer";
import { type Column, isDate, type Table, type Value } from "./columns.js";
import type { Encode } from "./format.js";

/** Rows of one group: written when there are so many, so this is what is held (some 10 MB). */
const GROUP_ROWS = 10_000;

/** Returns what writes a table for analysis. A `moment` is a timestamp in UTC: the zone of the other tables means nothing here. */
export function parquet<T>({ name, columns }: Table<T>): Encode<T, unknown> {
  const schema: readonly SchemaElement[] = [
    { name, num_children: columns.length },
    ...columns.map((column): SchemaElement => ({ ...typeOf(column), name: column.name, repetition_type: "OPTIONAL" })),
  ];
  return async function* (batches) {
    const piece = new ParquetPiece();
    const writer = new ParquetWriter({ writer: piece, schema: [...schema], createdBy: "dylive" });
    let rows: T[] = [];
    const flush = () => {
      if (rows.length > 0) writer.write({ columnData: columns.map((column) => columnOf(column, rows)), rowGroupSize: GROUP_ROWS });
      rows = [];
      return piece.take();
    };
    for await (const batch of batches) {
      rows.push(...batch);
      if (rows.length >= GROUP_ROWS) yield flush();
    }
    yield flush();
    writer.finish();
    yield piece.take();
  };
}

/** Collects what the writer has written since it was last looked at; the places in the file go on. */
class ParquetPiece extends ByteWriter {
  take(): Uint8Array {
    const bytes = new Uint8Array(this.getBuffer());
    this.index = 0;
    return bytes;
  }
}

function typeOf<T>({ kind }: Column<T>): Pick<SchemaElement, "type" | "converted_type" | "logical_type"> {
  if (kind === "text") return { type: "BYTE_ARRAY", converted_type: "UTF8" };
  if (kind === "boolean") return { type: "BOOLEAN" };
  if (kind === "integer") return { type: "INT64" };
  return { type: "INT64", converted_type: "TIMESTAMP_MILLIS", logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" } };
}

function columnOf<T>(column: Column<T>, rows: readonly T[]): ColumnSource {
  return { name: column.name, data: rows.map((row) => storedOf(column, column.of(row))) };
}

function storedOf<T>({ kind }: Column<T>, value: Value): string | bigint | boolean | null {
  // Strings with half a surrogate would not be UTF-8.
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value !== "number") return value;
  // A value that the column cannot hold, or its readers would refuse, is left out.
  return (kind === "moment" ? isDate(value) : Math.abs(value) < 2 ** 63) ? BigInt(Math.trunc(value)) : null;
}
