import type { Statement } from "better-sqlite3";
import type { LiveEvent } from "../../events/event.js";
import { DyliveError } from "../../runtime/errors.js";
import type { Appended, ComboMark, Log, Page, RoomBatch, RoomKey, Where } from "../log.js";
import { eventOf } from "../stored-event.js";
import { Waker } from "../waker.js";
import { Appender, prepareBatch } from "./append.js";
import { Changer } from "./change.js";
import type { SqliteConnection } from "./connection.js";
import { storedId } from "./event-id.js";
import { OthersWatch } from "./others.js";
import { posOf, seqOf } from "./pos.js";
import { SqliteReader } from "./read.js";

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
    this.#waker = new Waker(others.start);
    connection.onClose(() => this.#waker.close());
  }

  async append(batches: readonly RoomBatch[]): Promise<readonly Appended[]> {
    const prepared = batches.map(prepareBatch);
    const weight = prepared.reduce((sum, { rows }) => sum + rows.length, 0);
    const appended = await this.#connection.write(() => prepared.map((batch) => this.#appender.append(batch)), weight);
    this.#waker.notify(appended.filter(({ stored }) => stored?.some((seq) => seq !== null)).map(({ room }) => room));
    return appended;
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

  #range(room: RoomKey): Range {
    const head = this.#reader.head(room);
    const oldest = this.#oldest.get(posOf(room, 1), posOf(room, head));
    return { oldest: oldest === undefined ? head + 1 : seqOf(oldest), head };
  }
}
