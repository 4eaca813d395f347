import type { Database, Statement } from "better-sqlite3";
import type { EventType, LiveEvent } from "../../events/event.js";
import type { Clock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { AppendObservers } from "../append-health.js";
import type { Appended, AppendObserver, ComboMark, Log, Page, RoomBatch, RoomKey, Where } from "../log.js";
import { type Plan, pageOf, planBackward, planForward, type Removal } from "../page.js";
import { eventOf, StoredEvent } from "../stored-event.js";
import { Waker } from "../waker.js";
import { Appender, prepareBatch } from "./append.js";
import { Changer } from "./change.js";
import type { SqliteConnection } from "./connection.js";
import { posOf, seqOf, storedId } from "./pos.js";

/** Interval at which other processes' commits are looked for, in ms; a look costs some microseconds. */
const POLL_MS = 250;

/** Finds the rooms in which other processes have appended. */
class OthersWatch {
  readonly #version: Statement<[], number>;
  readonly #heads: Statement<[], [RoomKey, number]>;
  readonly #clock: Clock;
  readonly #notify: (rooms: readonly RoomKey[]) => void;

  constructor(database: Database, clock: Clock, notify: (rooms: readonly RoomKey[]) => void) {
    // Changes when another connection has committed.
    this.#version = database.prepare<[], number>("PRAGMA data_version").pluck();
    this.#heads = database.prepare<[], [RoomKey, number]>("SELECT room, head FROM heads").raw();
    this.#clock = clock;
    this.#notify = notify;
  }

  /** Watches until the returned function is called. Keeps the process alive: a caller waits for events. */
  readonly start = (): (() => void) => {
    const stop = new AbortController();
    void this.#watch(stop.signal);
    return () => stop.abort();
  };

  async #watch(signal: AbortSignal): Promise<void> {
    const seen = new Map<RoomKey, number>();
    let version = this.#look(undefined, seen, () => undefined);
    while (!signal.aborted) {
      await this.#clock.sleep(POLL_MS, signal).catch(() => undefined);
      if (!signal.aborted) version = this.#look(version, seen, this.#notify);
    }
  }

  /** Looks for rooms that have moved on. @returns the version up to which `seen` holds */
  #look(version: number | undefined, seen: Map<RoomKey, number>, notify: (rooms: readonly RoomKey[]) => void): number | undefined {
    try {
      const now = this.#version.get();
      if (now === version) return version;
      const advanced = this.#heads.all().filter(([room, head]) => head !== (seen.get(room) ?? 0));
      for (const [room, head] of advanced) seen.set(room, head);
      notify(advanced.map(([room]) => room));
      return now;
    } catch {
      // Locked or failing: the next look finds the same. Whoever reads or appends is told what is wrong.
      return version;
    }
  }
}

type Value = string | number;
type Order = "ASC" | "DESC";
type EventColumns = [pos: number, type: EventType, sessionId: string | null, userId: string | null, diamonds: number | null, body: string];

/** Reads pages. Call it inside a transaction, so that head, removals and events are of one moment. */
class SqliteReader {
  readonly #database: Database;
  readonly #head: Statement<[RoomKey], number>;
  readonly #removedAfter: Statement<[RoomKey, number], Removal>;
  readonly #removedBefore: Statement<[RoomKey, number], Removal>;
  /** Statements by the shape of their condition: at most some hundred. */
  readonly #pages = new Map<string, Statement<Value[], EventColumns>>();

  constructor(database: Database) {
    this.#database = database;
    this.#head = database.prepare<[RoomKey], number>("SELECT head FROM heads WHERE room = ?").pluck();
    const removals = `SELECT from_seq AS "from", to_seq AS "to" FROM removals`;
    this.#removedAfter = database.prepare(`${removals} WHERE room = ? AND to_seq > ? ORDER BY from_seq LIMIT 2`);
    this.#removedBefore = database.prepare(`${removals} WHERE room = ? AND from_seq < ? ORDER BY from_seq DESC LIMIT 2`);
  }

  head(room: RoomKey): number {
    return this.#head.get(room) ?? 0;
  }

  read(room: RoomKey, after: number, limit: number, where: Where): Page {
    const head = this.head(room);
    const plan = planForward(after, head, this.#removedAfter.all(room, after));
    const rows = this.#rows(room, plan, limit, where, "ASC");
    const last = rows.length >= limit ? (rows.at(-1)?.seq ?? plan.from - 1) : plan.to;
    return pageOf(rows, last, head, plan);
  }

  readBefore(room: RoomKey, before: number, limit: number, where: Where): Page {
    const head = this.head(room);
    const plan = planBackward(before, head, this.#removedBefore.all(room, before));
    const rows = this.#rows(room, plan, limit, where, "DESC").reverse();
    const first = rows.length >= limit ? (rows[0]?.seq ?? plan.to + 1) : plan.from;
    return pageOf(rows, first, head, plan);
  }

  #rows(room: RoomKey, { from, to }: Plan, limit: number, where: Where, order: Order): StoredEvent[] {
    if (to < from || limit <= 0) return [];
    const values: Value[] = [posOf(room, from), posOf(room, to), ...(where.types ?? [])];
    for (const value of [where.sessionId, where.userId, where.minDiamonds]) if (value !== undefined) values.push(value);
    const rows = this.#page(where, order).all(...values, limit);
    return rows.map(
      ([pos, type, sessionId, userId, diamonds, body]) => new StoredEvent(seqOf(pos), { type, sessionId, userId, diamonds, body }),
    );
  }

  #page(where: Where, order: Order): Statement<Value[], EventColumns> {
    const terms = ["pos >= ?", "pos <= ?"];
    if (where.types !== undefined) terms.push(`type IN (${where.types.map(() => "?").join(", ")})`);
    if (where.sessionId !== undefined) terms.push("session_id = ?");
    if (where.userId !== undefined) terms.push("user_id = ?");
    if (where.minDiamonds !== undefined) terms.push("diamonds >= ?");
    const sql = `SELECT pos, type, session_id, user_id, diamonds, body FROM events WHERE ${terms.join(" AND ")} ORDER BY pos ${order} LIMIT ?`;
    let statement = this.#pages.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare<Value[], EventColumns>(sql).raw();
      this.#pages.set(sql, statement);
    }
    return statement;
  }
}

/** Most events deleted in one transaction: more would hold up the event loop. */
const REMOVE_CHUNK = 2000;

type Range = { readonly oldest: number; readonly head: number };

/** Log in SQLite. `close` closes the whole store. */
export class SqliteLog implements Log {
  readonly id: string;
  readonly #connection: SqliteConnection;
  readonly #appender: Appender;
  readonly #reader: SqliteReader;
  readonly #changer: Changer;
  readonly #observers = new AppendObservers();
  readonly #waker: Waker;
  readonly #known: Statement<[bigint | string, RoomKey], number>;
  readonly #byId: Statement<[bigint | string, RoomKey], [pos: number, body: string]>;
  readonly #combo: Statement<[RoomKey, string], [high: number | null, settled: number | null]>;
  readonly #oldest: Statement<[number, number], number>;
  readonly #rooms: Statement<[], RoomKey>;

  constructor(connection: SqliteConnection) {
    const { database } = connection;
    this.#connection = connection;
    this.#appender = new Appender(database);
    this.#reader = new SqliteReader(database);
    this.#changer = new Changer(database);
    this.#known = database.prepare<[bigint | string, RoomKey], number>("SELECT 1 FROM events WHERE id = ? AND room = ?").pluck();
    this.#byId = database
      .prepare<[bigint | string, RoomKey], [number, string]>("SELECT pos, body FROM events WHERE id = ? AND room = ?")
      .raw();
    this.#combo = database
      .prepare<[RoomKey, string], [number | null, number | null]>(
        "SELECT max(combo_total), max(settled) FROM events WHERE room = ? AND combo_id = ?",
      )
      .raw();
    this.#oldest = database
      .prepare<[number, number], number>("SELECT pos FROM events WHERE pos BETWEEN ? AND ? ORDER BY pos LIMIT 1")
      .pluck();
    this.#rooms = database.prepare<[], RoomKey>("SELECT room FROM heads ORDER BY room").pluck();
    const id = database.prepare<[], string>("SELECT value FROM meta WHERE key = 'log_id'").pluck().get();
    if (id === undefined) throw new DyliveError("bad_config", `${database.name} has lost its id`);
    this.id = id;
    const others = new OthersWatch(database, connection.clock, (rooms) => this.#waker.notify(rooms));
    // Nobody else can have opened what has no file.
    this.#waker = new Waker(database.memory ? undefined : others.start);
    connection.onClose(() => this.#waker.close());
  }

  append(batches: readonly RoomBatch[]): Promise<readonly Appended[]> {
    return this.#observers.during(batches, () => this.#append(batches));
  }

  observe(observer: AppendObserver): void {
    this.#observers.add(observer);
  }

  read(room: RoomKey, after: number, limit: number, where: Where = {}): Promise<Page> {
    return this.#connection.read(() => this.#reader.read(room, after, limit, where));
  }

  readBefore(room: RoomKey, before: number, limit: number, where: Where = {}): Promise<Page> {
    return this.#connection.read(() => this.#reader.readBefore(room, before, limit, where));
  }

  heads(rooms?: readonly RoomKey[]): Promise<ReadonlyMap<RoomKey, Range>> {
    return this.#connection.read(() => new Map((rooms ?? this.#rooms.all()).map((room) => [room, this.#range(room)])));
  }

  combos(room: RoomKey, ids: readonly string[]): Promise<ReadonlyMap<string, ComboMark>> {
    return this.#connection.read(() => {
      const marks = new Map<string, ComboMark>();
      for (const id of ids) {
        const [high, settled] = this.#combo.get(room, id) ?? [null, null];
        if (high !== null) marks.set(id, { high, settled: settled === 1 });
      }
      return marks;
    });
  }

  known(room: RoomKey, ids: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#connection.read(() => new Set(ids.filter((id) => this.#known.get(storedId(id), room) !== undefined)));
  }

  byId(room: RoomKey, ids: readonly string[]): Promise<ReadonlyMap<string, LiveEvent>> {
    return this.#connection.read(() => {
      const rows = ids.map((id) => [id, this.#byId.get(storedId(id), room)] as const);
      return new Map(rows.flatMap(([id, row]) => (row === undefined ? [] : [[id, eventOf(seqOf(row[0]), row[1])] as const])));
    });
  }

  wakes(signal: AbortSignal): AsyncIterable<ReadonlySet<RoomKey>> {
    return this.#waker.wakes(signal);
  }

  async replace(room: RoomKey, events: readonly LiveEvent[]): Promise<void> {
    const copies = structuredClone(events);
    await this.#connection.write(() => {
      for (const event of copies) this.#changer.replace(room, event);
    }, events.length);
  }

  async remove(room: RoomKey, from: number, to: number, reason: "retention"): Promise<void> {
    const head = await this.#connection.read(() => this.#reader.head(room));
    const last = Math.min(to, head);
    for (let next = Math.max(from, 1); next <= last; next += REMOVE_CHUNK) {
      const chunk = { from: next, to: Math.min(next + REMOVE_CHUNK - 1, last) };
      await this.#connection.write(() => this.#changer.remove(room, chunk, reason), REMOVE_CHUNK);
    }
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async #append(batches: readonly RoomBatch[]): Promise<readonly Appended[]> {
    const prepared = batches.map(prepareBatch);
    const weight = prepared.reduce((sum, { rows }) => sum + rows.length, 0);
    const appended = await this.#connection.write(() => prepared.map((batch) => this.#appender.append(batch)), weight);
    this.#waker.notify(appended.filter(({ stored }) => stored?.some((seq) => seq !== null)).map(({ room }) => room));
    return appended;
  }

  #range(room: RoomKey): Range {
    const head = this.#reader.head(room);
    const oldest = this.#oldest.get(posOf(room, 1), posOf(room, head));
    return { oldest: oldest === undefined ? head + 1 : seqOf(oldest), head };
  }
}
