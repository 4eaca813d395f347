import { existsSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type Database from "better-sqlite3";
import type { Clock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { isUnwritable } from "../health.js";
import type { Dialect, RunWork, SqlAnswer, SqlDatabase, SqlStatement, SqlValue, SqlWork } from "../sql/work.js";
import { openToRead } from "./copy.js";
import { openDatabase } from "./driver.js";
import { isDamage, placeFailure, refusal } from "./refusal.js";
import { hasSchema, makeSchema } from "./schema.js";
import { GroupWriter, LOCK_MS } from "./writer.js";

/** Name of a database that has no file. */
const MEMORY = ":memory:";
/** Longest wait for other connections while opening, in ms. */
const OPEN_TIMEOUT_MS = 5000;
/** Page size in bytes. Of larger pages each append of a few events to an index writes more. */
const PAGE_BYTES = 4096;
/** Size that the write-ahead log is cut back to after a checkpoint (a long read lets it grow). */
const WAL_KEPT_BYTES = 64 * 1024 * 1024;

/** One connection to the database file, with its group commit. After `close` every call rejects with `stopping`. */
export class SqliteConnection {
  readonly database: Database.Database;
  readonly clock: Clock;
  readonly #writer: GroupWriter;
  readonly #begin: Database.Statement;
  readonly #commit: Database.Statement;
  readonly #assertKept: () => void;
  readonly #onClose: (() => void)[] = [];
  #closed = false;

  /**
   * @param tell called with one sentence that says that the store can only be read, or is lost
   * @param mayOnlyRead whether a store that cannot be written is opened all the same: writes are refused then; "always": one that can be, too
   */
  constructor(path: string, clock: Clock, tell?: (sentence: string) => void, mayOnlyRead: boolean | "always" = false) {
    if (mayOnlyRead === "always") this.database = openAsItIs(path);
    else this.database = mayOnlyRead ? openAnyhow(path, clock.now(), tell) : open(path, clock.now());
    this.clock = clock;
    this.#assertKept = this.database.memory ? () => {} : keptFile(path, tell);
    this.#writer = new GroupWriter(this.database, this.#assertKept);
    this.#begin = this.database.prepare("BEGIN");
    this.#commit = this.database.prepare("COMMIT");
  }

  /** Runs a synchronous read on one snapshot. */
  read<T>(work: () => T): Promise<T> {
    return this.#guard(() => {
      this.#begin.run();
      try {
        return Promise.resolve(work());
      } finally {
        // After an error of the disk SQLite has ended it by itself.
        if (this.database.inTransaction) this.#commit.run();
      }
    });
  }

  /** Runs a synchronous write in the next shared transaction; resolves when it is on disk. */
  write<T>(work: () => T, weight?: number): Promise<T> {
    return this.#guard(() => this.#writer.submit(work, weight));
  }

  /** Calls back when the connection is about to close. */
  onClose(call: () => void): void {
    this.#onClose.push(call);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#writer.drain();
    for (const call of this.#onClose) call();
    try {
      // Leaves one file to copy. Another process may be reading: then its own close does it.
      this.database.pragma("wal_checkpoint(TRUNCATE)");
    } catch (error) {
      // What is committed is on the disk without it: one that is full or cannot be written spoils no reading.
      if (isDamage(error)) throw refusal(error);
    } finally {
      this.database.close();
    }
    this.#assertKept();
  }

  #guard<T>(call: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new DyliveError("stopping", "the store is closed"));
    try {
      return call();
    } catch (error) {
      return Promise.reject(refusal(error));
    }
  }
}

/**
 * Returns a check that throws once the path no longer leads to the file that it leads to now: what is written into a removed file is lost.
 * @param tell called once, when the file is lost
 */
function keptFile(path: string, tell: (sentence: string) => void = () => {}): () => void {
  const opened = statSync(path, { bigint: true });
  let isTold = false;
  return () => {
    const now = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (now?.ino === opened.ino && now.dev === opened.dev) return;
    const lost = new DyliveError("store_damaged", msg`${path} was removed or replaced while it was open: nothing more is stored`);
    if (!isTold) tell(`${lost.message}. ${lost.row.hint}`);
    isTold = true;
    throw lost;
  };
}

/** Files that a data folder has only after its store was made. */
const BESIDE_STORE = ["admin-token", "raw"];

/** @throws DyliveError store_damaged if there was a store: an empty one in its place would hide the loss */
function assertNew(path: string): void {
  const folder = dirname(path);
  const left = basename(path) === "dylive.sqlite" ? BESIDE_STORE.find((name) => existsSync(join(folder, name))) : undefined;
  if (left === undefined) return;
  throw new DyliveError(
    "store_damaged",
    msg`${path} is missing or empty, but ${join(folder, left)} shows that there was a store (with PostgreSQL, set DATABASE_URL). To begin a new one, move that away or name another data folder`,
  );
}

/** Opens the file, if need be for reading only. @throws DyliveError as {@link open} does, when it cannot be read either */
function openAnyhow(path: string, at: number, tell: (sentence: string) => void = () => {}): Database.Database {
  try {
    return open(path, at);
  } catch (error) {
    if (!(error instanceof DyliveError) || !isUnwritable(error) || !existsSync(path)) throw error;
    const database = openToRead(path);
    if (!hasSchema(database)) {
      database.close();
      throw error;
    }
    tell(`${error.row.message}, so it is only read, as it is now: ${error.detail}`);
    return database;
  }
}

/** Opens the file for reading only, also while another process writes it. @throws DyliveError bad_config when there is no store in it */
function openAsItIs(path: string): Database.Database {
  const database = openToRead(path);
  if (hasSchema(database)) return database;
  database.close();
  throw new DyliveError("bad_config", msg`there is no store at ${path}`);
}

function open(path: string, at: number): Database.Database {
  let database: Database.Database | undefined;
  try {
    // Chats and tokens' hashes are in it; what SQLite makes beside it gets the same mode.
    if (path !== MEMORY && !existsSync(path) && existsSync(dirname(path))) {
      assertNew(path);
      writeFileSync(path, "", { mode: 0o600, flag: "a" });
    }
    database = openDatabase(path, { timeout: OPEN_TIMEOUT_MS });
    // Before the first pragma that writes: another program's file stays as it is.
    const isNew = !hasSchema(database);
    if (isNew) {
      assertNew(path);
      // Before anything is in the file: later only a VACUUM could set them. The second lets retention give space back to the disk.
      database.pragma(`page_size = ${PAGE_BYTES}`);
      database.pragma("auto_vacuum = INCREMENTAL");
    }
    database.pragma("journal_mode = WAL");
    // FULL: what was delivered survives power loss, so a seq is never given twice.
    database.pragma("synchronous = FULL");
    database.pragma("foreign_keys = ON");
    database.pragma(`journal_size_limit = ${WAL_KEPT_BYTES}`);
    // Erased text is overwritten where it lay, not only unlinked. ON: also in pages that are freed, which FAST leaves as they are.
    database.pragma("secure_delete = ON");
    if (isNew) makeSchema(database, at);
    database.pragma(`busy_timeout = ${LOCK_MS}`);
    return database;
  } catch (error) {
    database?.close();
    throw placeFailure(error, path, msg`the database ${path} cannot be opened`);
  }
}

const SQLITE: Dialect = {
  least: "min",
  greatest: "max",
  position: "instr",
  forUpdate: "",
  skipLocked: "",
  among: (parameter) => `IN (SELECT value FROM json_each(${parameter}))`,
  given: (types) => `VALUES (${types.map((_, at) => `$${at + 1}`).join(", ")})`,
  // Sums stay exact integers, where SQLite would go on in floating point.
  capped: (one, other, most) => `min(${one} + ${other}, ${most})`,
  // With one max() in a query, a bare column is that of the row which has it.
  newest: (column, number) => `CASE WHEN max(${number}) IS NOT NULL THEN ${column} END`,
  jsonNumber: (column, ...keys) => `(${column} ->> '$.${keys.join(".")}')`,
  some: (table, keys, which) => `(${keys}) IN (SELECT ${keys} FROM ${table} t ${which})`,
  *lock() {}, // there is one writer
};

/** Statement that SQLite has prepared, and which parameter goes to which of its places. */
interface Prepared {
  readonly statement: Database.Statement<unknown[], unknown>;
  readonly places: readonly number[];
}

/** Returns the function that runs work on a database, statement by statement, in the transaction that is open. */
function workRunner(database: Database.Database): <T>(work: SqlWork<T>) => T {
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
  const answer = ({ sql, values, each, arrays = false, most }: SqlStatement): SqlAnswer => {
    const { statement, places } = kept[arrays ? "arrays" : "objects"].get(sql) ?? prepare(sql, arrays);
    if (most !== undefined) return rowsWithin(most.bytes, statement.iterate(bound(places, values)));
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

function rowsWithin(bytes: number, found: Iterable<unknown>): SqlAnswer {
  const rows: (readonly unknown[])[] = [];
  let taken = 0;
  for (const row of found as Iterable<readonly unknown[]>) {
    rows.push(row);
    taken += String(row.at(-1)).length;
    if (taken >= bytes) return { rows, changes: 0, cut: true };
  }
  return { rows, changes: rows.length };
}

function execute(statement: Database.Statement<unknown[], unknown>, values: readonly unknown[]): SqlAnswer {
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
