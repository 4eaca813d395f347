import type { Database, Statement } from "better-sqlite3";
import type { Dialect, RunWork, SqlAnswer, SqlDatabase, SqlStatement, SqlValue, SqlWork } from "../sql/work.js";
import type { SqliteConnection } from "./connection.js";
import { MAX_ROOM } from "./events.js";

const SQLITE: Dialect = {
  least: "min",
  greatest: "max",
  position: "instr",
  forUpdate: "",
  skipLocked: "",
  maxRoom: MAX_ROOM,
  among: (parameter) => `IN (SELECT value FROM json_each(${parameter}))`,
  given: (types) => `VALUES (${types.map((_, at) => `$${at + 1}`).join(", ")})`,
  // Sums stay exact integers, where SQLite would go on in floating point.
  capped: (one, other, most) => `min(${one} + ${other}, ${most})`,
  // With one max() in a query, a bare column is that of the row which has it.
  newest: (column, number) => `CASE WHEN max(${number}) IS NOT NULL THEN ${column} END`,
  jsonNumber: (column, key) => `(${column} ->> '${key}')`,
  deleteSome: (table, keys) => `DELETE FROM ${table} WHERE n = $1 AND (${keys}) IN (SELECT ${keys} FROM ${table} WHERE n = $1 LIMIT $2)`,
  *lock() {}, // there is one writer
};

/** Statement that SQLite has prepared, and which parameter goes to which of its places. */
interface Prepared {
  readonly statement: Statement<unknown[], unknown>;
  readonly places: readonly number[];
}

/** Returns the function that runs work on a database, statement by statement, in the transaction that is open. */
function workRunner(database: Database): <T>(work: SqlWork<T>) => T {
  /** Statements by their text, some hundred; apart where rows are arrays. */
  const kept = { objects: new Map<string, Prepared>(), arrays: new Map<string, Prepared>() };
  const prepare = (sql: string, arrays: boolean): Prepared => {
    const places: number[] = [];
    const text = sql.replace(/\$(\d+)/g, (_, n: string) => {
      places.push(Number(n) - 1);
      return "?";
    });
    const prepared = { statement: database.prepare<unknown[], unknown>(text), places };
    if (arrays) prepared.statement.raw();
    kept[arrays ? "arrays" : "objects"].set(sql, prepared);
    return prepared;
  };
  const answer = ({ sql, values, each, arrays = false }: SqlStatement): SqlAnswer => {
    const { statement, places } = kept[arrays ? "arrays" : "objects"].get(sql) ?? prepare(sql, arrays);
    if (each === undefined) return execute(statement, bound(places, values));
    if (!statement.reader) {
      for (const row of each) statement.run(bound(places, row));
      return { rows: [], changes: each.length };
    }
    const rows: unknown[] = [];
    for (const row of each) rows.push(...statement.all(bound(places, row)));
    return { rows, changes: each.length };
  };
  return (work) => {
    for (let step = work.next(); ; step = work.next(answer(step.value))) if (step.done === true) return step.value;
  };
}

function execute(statement: Statement<unknown[], unknown>, values: readonly unknown[]): SqlAnswer {
  if (!statement.reader) return { rows: [], changes: statement.run(values).changes };
  const rows = statement.all(values);
  return { rows, changes: rows.length };
}

/** Returns the parameters of a statement, place by place. Statistics write some hundred rows a step: nothing else is made for a row. */
function bound(places: readonly number[], values: readonly SqlValue[]): unknown[] {
  const given = new Array<unknown>(places.length);
  for (let at = 0; at < places.length; at++) given[at] = storable(values[places[at] ?? 0] ?? null);
  return given;
}

function storable(value: SqlValue): unknown {
  if (typeof value === "boolean") return Number(value);
  if (!Array.isArray(value)) return value;
  // As JSON, of which SQLite reads integers of 64 bits exactly. Halves of surrogate pairs are what they are in any other text.
  const cells = value.map((cell: unknown) => (typeof cell === "bigint" ? String(cell) : JSON.stringify(wellFormed(cell))));
  return `[${cells.join(",")}]`;
}

function wellFormed(cell: unknown): unknown {
  return typeof cell === "string" ? cell.toWellFormed() : cell;
}

/** Returns the connection as the database of the repositories, which are the same on every engine. */
export function sqliteDatabase(connection: SqliteConnection): SqlDatabase {
  const run = workRunner(connection.database);
  const read: RunWork = (work) => connection.read(() => run(work()));
  const write: RunWork = (work, weight) => connection.write(() => run(work()), weight);
  return { clock: connection.clock, dialect: SQLITE, ask: read, read, write, lane: () => write };
}
