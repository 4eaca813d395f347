import pg from "pg";
import { givenText, storedText } from "./text.js";

/** What a statement is given. */
export type Value = string | number | bigint | boolean | null | readonly (string | number | bigint | boolean | null)[];

const INT8 = 20;
const TEXT = 25;

/** How columns are read: integers of 64 bits as numbers (larger ones are asked for as text), texts without the store's escapes. */
export const COLUMN_TYPES: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: string) => {
    if (oid === INT8) return Number;
    if (oid === TEXT) return givenText;
    return pg.types.getTypeParser(oid, format as "text");
  },
};

/** One connection for as long as a piece of work has it. */
export class Session {
  readonly #client: pg.ClientBase;

  constructor(client: pg.ClientBase) {
    this.#client = client;
  }

  /** The rows of a statement. A column that is written "asIt" keeps its capitals. */
  async rows<T>(sql: string, ...values: readonly Value[]): Promise<readonly T[]> {
    const { rows } = await this.#client.query(sql, values.map(storable));
    return rows as T[];
  }

  /** The first row of a statement. */
  async row<T>(sql: string, ...values: readonly Value[]): Promise<T | undefined> {
    const [row] = await this.rows<T>(sql, ...values);
    return row;
  }

  /** How many rows a statement changed. */
  async run(sql: string, ...values: readonly Value[]): Promise<number> {
    const { rowCount } = await this.#client.query(sql, values.map(storable));
    return rowCount ?? 0;
  }
}

function storable(value: Value): unknown {
  if (typeof value === "string") return storedText(value);
  if (!Array.isArray(value)) return value;
  return value.map((one: unknown) => (typeof one === "string" ? storedText(one) : one));
}
