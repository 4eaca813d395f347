import pg from "pg";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { run, type SqlAnswer, type SqlStatement, type SqlValue, type SqlWork } from "../sql/work.js";

const INT8 = 20;
const TEXT = 25;

/**
 * Types of columns as they are read: integers of 64 bits as numbers (larger ones are asked for as text), texts without the store's escapes.
 */
export const COLUMN_TYPES: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: string) => {
    if (oid === INT8) return Number;
    if (oid === TEXT) return givenText;
    return pg.types.getTypeParser(oid, format as "text");
  },
};

/**
 * Statements over the tables of days, which are planned with their days each time: a plan for all of them would look at every day that is
 * kept.
 */
const PLANNED_ANEW = /\bday = ANY\(/;
/** Most named statements; more would fill the server's memory. There are some hundred. */
const MAX_NAMES = 500;
/** Names of statements that the server keeps the plans of, by their text. The same for every connection. */
const names = new Map<string, string>();

/** Function that asks the database something, and notes how long that takes. */
type Heard = <T>(ask: () => Promise<T>) => Promise<T>;

/** Client of `pg`, or a queue before one. */
interface Queryable {
  query(query: string | pg.QueryConfig): Promise<pg.QueryResult>;
}

/** One connection, for as long as a piece of work has it. */
export class PostgresSession {
  readonly #client: Queryable;
  readonly #heard: Heard;

  /** @param heard called for each statement that is waited for */
  constructor(client: Queryable, heard: Heard = (ask) => ask()) {
    this.#client = client;
    this.#heard = heard;
  }

  /** Runs a statement without parameters, such as the beginning and the end of a transaction. */
  async run(sql: string): Promise<void> {
    await this.#heard(() => this.#client.query(sql));
  }

  /** Runs work statement by statement. */
  async perform<T>(work: SqlWork<T>): Promise<T> {
    for (let step = work.next(); ; step = work.next(await this.#answer(step.value))) if (step.done === true) return step.value;
  }

  async #answer({ sql, values, each, arrays = false, most }: SqlStatement): Promise<SqlAnswer> {
    // Rows become columns: one array for each parameter.
    const given = each === undefined ? values : (each[0] ?? []).map((_, at) => each.map((row) => row[at] ?? null));
    const text = most === undefined ? sql : within(most, sql);
    const query = { ...queryOf(text, given), ...(arrays && { rowMode: "array" as const }) };
    const { rows, rowCount } = await this.#heard(() => this.#client.query(query));
    const changes = rowCount ?? 0;
    return most === undefined ? { rows, changes } : { rows, changes, cut: Number(rows.at(-1)?.at(-1) ?? 0) >= most.bytes };
  }
}

/** Returns a statement whose rows end by their bytes, with the bytes up to each row as a column more. Sizes are known without the texts. */
function within({ of, by, bytes }: NonNullable<SqlStatement["most"]>, sql: string): string {
  return `SELECT * FROM (SELECT page.*, sum(octet_length(${of})) OVER (ORDER BY ${by} ROWS UNBOUNDED PRECEDING) AS taken FROM (${sql}) page) pages
    WHERE taken - octet_length(${of}) < ${bytes} ORDER BY ${by}`;
}

function queryOf(text: string, values: readonly SqlValue[]): pg.QueryConfig {
  if (values.length === 0) return { text };
  const given = values.map(storable);
  if (PLANNED_ANEW.test(text)) return { text, values: given };
  const name = names.get(text) ?? (names.size < MAX_NAMES ? `dylive${names.size}` : undefined);
  if (name === undefined) return { text, values: given };
  names.set(text, name);
  return { name, text, values: given };
}

/** Types of elements: their OIDs, the bytes of all but texts, and which values are of the type. */
const ELEMENTS = {
  boolean: { oid: 16, bytes: 1, holds: (value: unknown) => typeof value === "boolean" },
  bigint: { oid: 20, bytes: 8, holds: (value: unknown) => isWithin(value, 2 ** 63) },
  integer: { oid: 23, bytes: 4, holds: (value: unknown) => isWithin(value, 2 ** 31) },
  text: { oid: 25, bytes: null, holds: (value: unknown) => typeof value === "string" },
} as const;

function isWithin(value: unknown, bound: number): boolean {
  return Number.isInteger(value) && Number(value) >= -bound && Number(value) < bound;
}

/**
 * Returns an array in the form in which PostgreSQL sends it: without quoting and parsing, which for texts of events was half of this process's work of an append. The parameter must be of exactly this type.
 * @throws DyliveError bad_request when a value is none of the type
 */
export function binaryArray(type: keyof typeof ELEMENTS, values: readonly (string | number | boolean | null | undefined)[]): Uint8Array {
  const { oid, bytes, holds } = ELEMENTS[type];
  const wrong = values.find((value) => value != null && !holds(value));
  if (wrong !== undefined)
    throw new DyliveError("bad_request", msg`the database refused the values (${`${type}: ${String(wrong).slice(0, 50)}`})`);
  const given = bytes === null ? values.map((value) => (value == null ? null : storedText(String(value)))) : values;
  const length = given.reduce<number>((sum, value) => sum + 4 + (value == null ? 0 : (bytes ?? Buffer.byteLength(String(value)))), 20);
  const array = Buffer.allocUnsafe(length);
  let at = 0;
  for (const head of [1, given.some((value) => value == null) ? 1 : 0, oid, values.length, 1]) at = array.writeInt32BE(head, at);
  for (const value of given) {
    const from = at + 4;
    if (value == null) at = from;
    else if (bytes === null) at = from + array.write(String(value), from);
    else if (bytes === 8) at = array.writeBigInt64BE(BigInt(value), from);
    else if (bytes === 4) at = array.writeInt32BE(Number(value), from);
    else at = array.writeUInt8(Number(value), from);
    array.writeInt32BE(value == null ? -1 : at - from, from - 4);
  }
  return array;
}

function storable(value: SqlValue): unknown {
  if (typeof value === "string") return storedText(value);
  if (!Array.isArray(value)) return value;
  return value.map((one: unknown) => (typeof one === "string" ? storedText(one) : one));
}

/** Mark that begins an escape: a control character that no text of the platform holds, so that hardly any text is changed. */
const MARK = "\u001a";
/** Characters that a text of PostgreSQL cannot hold (NUL, and halves of surrogate pairs), and the mark itself. */
const ESCAPED = /[\u0000\u001a\ud800-\udfff]/gu;
const ESCAPES = /\u001a([0-9a-f]{4})/g;

/**
 * Returns a text as the database can keep it. Two different texts are never stored alike, and the beginning of a text is the beginning of
 * what is stored.
 */
function storedText(text: string): string {
  if (!text.includes("\0") && !text.includes(MARK) && text.isWellFormed()) return text;
  return text.replace(ESCAPED, (sign) => MARK + sign.charCodeAt(0).toString(16).padStart(4, "0"));
}

/** Returns the text of a {@link storedText}. */
function givenText(stored: string): string {
  if (!stored.includes(MARK)) return stored;
  return stored.replace(ESCAPES, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/**
 * Advisory locks of dylive's database, each a name for something that two transactions must not do at once. The numbers mean nothing.
 * - `schema`: making the schema
 * - `name`: giving rooms their names
 * - `days`: shared while events are appended, alone while the days that are refused from then on are decided
 * - `make`: making or dropping the table of a day
 * - `remove`: recording what was removed
 * - `wantedRoom`: adding a wanted room, of which there are only so many
 * - `sweep`: bringing the wanted rooms in line with the watch list
 * - `account`: keeping or forgetting what was seen of accounts
 */
export const LOCKS = {
  schema: 7_301_001,
  name: 7_301_002,
  days: 7_301_003,
  make: 7_301_004,
  remove: 7_301_005,
  wantedRoom: 7_301_006,
  sweep: 7_301_007,
  account: 7_301_008,
} as const;

/** Takes a lock, which is held until the transaction ends. */
export function* lock(name: keyof typeof LOCKS): SqlWork<void> {
  yield* run("SELECT pg_advisory_xact_lock($1)", LOCKS[name]);
}
