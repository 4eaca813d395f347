import type { Clock } from "../../runtime/clock.js";

/** One value of a row. */
export type SqlCell = string | number | bigint | boolean | null;
/** Value that a statement is given; an array is one parameter, for {@link Dialect.among}. */
export type SqlValue = SqlCell | Uint8Array | readonly SqlCell[];

/** Statement with the parameters `$1`, `$2` … */
export interface SqlStatement {
  readonly sql: string;
  readonly values: readonly SqlValue[];
  /** Rows of parameters, with each of which the statement is run, in one step where an engine can. */
  readonly each?: readonly (readonly SqlCell[])[];
  /** Whether rows are arrays, in the order of their columns: they are made faster than objects. */
  readonly arrays?: boolean;
  /** Bound on the bytes of rows that are arrays; see {@link arraysWithin}. */
  readonly most?: MostBytes;
}

/** Bound on the rows of a statement: they end with the one by which the texts of its last column take so many bytes together. */
interface MostBytes {
  /** Name of that column. */
  readonly of: string;
  /** Order of the rows, by a column of theirs. */
  readonly by: string;
  /** Of UTF-8; in SQLite one for each UTF-16 unit. */
  readonly bytes: number;
}

/** Outcome of a statement: its rows, and how many rows it changed. */
export interface SqlAnswer {
  readonly rows: readonly unknown[];
  readonly changes: number;
  /** Whether the rows ended by their bytes. */
  readonly cut?: boolean;
}

/**
 * Piece of work, written once for every engine: it yields statements and is given their answers. SQLite runs it at once, inside a transaction
 * that it shares with others; PostgreSQL awaits each statement.
 */
export type SqlWork<T> = Generator<SqlStatement, T, SqlAnswer>;

/** Returns the rows of a statement. A column that is written "asIt" keeps its capitals. */
export function* rows<T>(sql: string, ...values: readonly SqlValue[]): SqlWork<readonly T[]> {
  return (yield { sql, values }).rows as readonly T[];
}

/** Returns the rows of a statement as arrays. */
export function* arrays<T extends readonly unknown[]>(sql: string, ...values: readonly SqlValue[]): SqlWork<readonly T[]> {
  return (yield { sql, values, arrays: true }).rows as readonly T[];
}

/** Returns the rows of a statement as arrays, up to a bound on their bytes; `cut` where it ended them. */
export function* arraysWithin<T extends readonly unknown[]>(
  most: MostBytes,
  sql: string,
  ...values: readonly SqlValue[]
): SqlWork<{ readonly rows: readonly T[]; readonly cut: boolean }> {
  const { rows, cut = false } = yield { sql, values, arrays: true, most };
  return { rows: rows as readonly T[], cut };
}

/** Returns the first row of a statement. */
export function* row<T>(sql: string, ...values: readonly SqlValue[]): SqlWork<T | undefined> {
  return (yield { sql, values }).rows[0] as T | undefined;
}

/** Runs a statement and returns how many rows it changed. */
export function* run(sql: string, ...values: readonly SqlValue[]): SqlWork<number> {
  return (yield { sql, values }).changes;
}

/**
 * Deletes some rows of a table that are older than a limit. One whose time is yet to come was written by a clock that ran ahead: it counts as
 * of when that was first seen (`seen_at`), for as long as its time is yet to come, so that it is neither kept for ever nor lost to a clock that
 * is wrong now.
 * @param keys of the table `t`; `time` is its column of the time, ms UTC; `how` does something else with the rows than to delete them
 * @param before ms UTC @param now ms UTC @param most rows @param also a condition on `t`
 * @returns whether there may be more
 */
export function* expireSome(
  { some }: Dialect,
  {
    table,
    keys,
    time,
    how = `DELETE FROM ${table}`,
  }: { readonly table: string; readonly keys: string; readonly time: string; readonly how?: string },
  { before, now, most, also = "" }: { readonly before: number; readonly now: number; readonly most: number; readonly also?: string },
): SqlWork<boolean> {
  yield* run(`UPDATE ${table} SET seen_at = $1 WHERE seen_at IS NULL AND ${time} > $1`, now);
  const oldest = (old: string) => `${how} WHERE ${some(table, keys, `WHERE ${old} ${also} ORDER BY ${time} LIMIT $1`)}`;
  // Each by the index of the time, which a condition on both would not use.
  if ((yield* run(oldest(`${time} < $2`), most, Math.min(before, now))) > 0) return true;
  return (yield* run(oldest(`${time} > $3 AND seen_at < $2`), most, before, now)) > 0;
}

/** Runs an INSERT of {@link Dialect.given} with each of these rows, and returns what it returns of them. */
export function* each<T>(sql: string, given: readonly (readonly SqlCell[])[]): SqlWork<readonly T[]> {
  return given.length === 0 ? [] : ((yield { sql, values: [], each: given }).rows as readonly T[]);
}

/** SQL that the engines write differently. */
export interface Dialect {
  /** Names of the functions that take the smallest and the largest of their arguments. None of them may be NULL. */
  readonly least: string;
  readonly greatest: string;
  /** Name of the function that says where a text holds another; 0 for nowhere. */
  readonly position: string;
  /** Endings of a SELECT whose rows are locked until the transaction ends; with the second, rows that others have locked are left out. */
  readonly forUpdate: string;
  readonly skipLocked: string;
  /** Returns the condition that something is in an array, as in `id ${among("$1", "text")}`. */
  among(parameter: string, type: "text" | "bigint"): string;
  /** Returns the source of an INSERT that is run by {@link each}: a parameter for each column. */
  given(types: readonly ("text" | "bigint")[]): string;
  /** Returns the sum of two integers that stops at a greatest one. */
  capped(one: string, other: string, most: number | bigint): string;
  /** Returns, of a group of rows, what the one with the greatest number says. A query may ask so for one column. */
  newest(column: string, number: string): string;
  /** Returns the number that a JSON object in a text column has under a key, or under a key of what it has under another. */
  jsonNumber(column: string, ...keys: readonly string[]): string;
  /**
   * Returns the condition that a row of a table is one of some that are chosen.
   * @param keys columns that tell it from others @param which of `t`: the rest of the SELECT that chooses them, with its LIMIT
   */
  some(table: string, keys: string, which: string): string;
  /** Takes the lock of this name until the transaction ends. */
  lock(name: "name" | "remove" | "account"): SqlWork<void>;
}

/**
 * Runs work; it may run more than once: each time but the last was rolled back.
 * @param weight how many events it changes, so that not too many calls share a transaction; 1 by default
 */
export type RunWork = <T>(work: () => SqlWork<T>, weight?: number) => Promise<T>;

/** Database of an engine, for the repositories of this folder. */
export interface SqlDatabase {
  readonly clock: Clock;
  readonly dialect: Dialect;
  /** Runs one statement, or some that need not be of one moment: reads, or what may be done twice. */
  readonly ask: RunWork;
  /** Reads on one snapshot. */
  readonly read: RunWork;
  /** Writes all or nothing, on disk when it resolves. */
  readonly write: RunWork;
  /** Returns a `write` that keeps the order in which its calls were made. */
  lane(): RunWork;
}
