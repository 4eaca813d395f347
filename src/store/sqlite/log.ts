import type { Database, Statement } from "better-sqlite3";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { Appended, RoomBatch, RoomKey, StoreLog } from "../log.js";
import { sqlLog } from "../sql/log.js";
import type { SqlDatabase } from "../sql/work.js";
import { type Row, rowOf } from "../stored-event.js";
import { Waker } from "../waker.js";
import type { SqliteConnection } from "./connection.js";
import { EVENTS, storedId } from "./events.js";

/** Batch made ready outside the transaction. */
interface SqliteBatch {
  readonly room: RoomKey;
  readonly epoch: number | null;
  readonly rows: readonly Row[];
}

/** Turns a batch into rows; later changes to the events do not reach the store. */
export function prepareBatch({ room, epoch, events }: RoomBatch): SqliteBatch {
  return { room, epoch, rows: events.map((event) => rowOf(event)) };
}

/** Characters of a body that are as much work as a row without any. */
const CHARS_A_ROW = 4_000;

function weightOf(rows: readonly Row[]): number {
  return rows.reduce((sum, { body }) => sum + 1 + body.length / CHARS_A_ROW, 0);
}

type Column = string | number | bigint | null;
interface HighMark {
  readonly head: number;
  readonly epoch: number;
}

/** Gives events their positions and seqs. */
export class Appender {
  readonly #mark: Statement<[RoomKey], HighMark>;
  readonly #insert: Statement<Column[]>;
  readonly #setHead: Statement<[number, number, RoomKey]>;
  readonly #head: Statement<[], number>;
  readonly #setLogHead: Statement<[number]>;

  constructor(database: Database) {
    this.#mark = database.prepare("SELECT head, epoch FROM heads WHERE room = ?");
    this.#insert = database.prepare(
      `INSERT INTO events(pos, room, seq, id, type, session_id, user_id, combo_id, combo_total, settled, diamonds, revision, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id, room) DO NOTHING`,
    );
    this.#setHead = database.prepare("UPDATE heads SET head = ?, bytes = bytes + ? WHERE room = ?");
    this.#head = database.prepare<[], number>("SELECT pos FROM log_head").pluck();
    this.#setLogHead = database.prepare("UPDATE log_head SET pos = ?");
  }

  /** Appends batches. Call it inside a write transaction: the heads are read there, because other connections append too. */
  append(batches: readonly SqliteBatch[]): readonly Appended[] {
    const before = this.#head.get() ?? 0;
    let pos = before;
    const appended = batches.map(({ room, epoch, rows }): Appended => {
      const mark = this.#mark.get(room);
      if (mark === undefined || (epoch === null ? mark.epoch < 0 : mark.epoch !== epoch))
        return { room, head: mark?.head ?? 0, fenced: true };
      let head = mark.head;
      let bytes = 0;
      const stored = rows.map((row) => {
        if (!this.#store(pos + 1, room, head + 1, row)) return null;
        pos++;
        bytes += Buffer.byteLength(row.body);
        return ++head;
      });
      if (head !== mark.head) this.#setHead.run(head, bytes, room);
      return { room, head, stored };
    });
    if (pos !== before) this.#setLogHead.run(pos);
    return appended;
  }

  #store(pos: number, room: RoomKey, seq: number, row: Row): boolean {
    const { changes } = this.#insert.run(
      pos,
      room,
      seq,
      storedId(row.id),
      row.type,
      row.sessionId,
      row.userId,
      row.comboId,
      row.comboTotal,
      row.settled === null ? null : Number(row.settled),
      row.diamonds,
      row.revision,
      row.body,
    );
    return changes === 1;
  }
}

/** Returns the log in SQLite, which appends in the connection's group commit. `close` closes the whole store. */
export function sqliteLog(connection: SqliteConnection, database: SqlDatabase): StoreLog {
  const { database: file } = connection;
  const id = file.prepare<[], string>("SELECT value FROM meta WHERE key = 'log_id'").pluck().get();
  if (id === undefined) throw new DyliveError("bad_config", msg`${file.name} has lost its id`);
  const appender = new Appender(file);
  const waker = new Waker();
  connection.onClose(() => waker.close());
  return sqlLog(database, {
    id,
    table: EVENTS,
    waker,
    append: async (batches) => {
      const prepared = batches.map(prepareBatch);
      const weight = prepared.reduce((sum, { rows }) => sum + weightOf(rows), 0);
      const appended = await connection.write(() => appender.append(prepared), weight);
      if (appended.some(({ stored }) => stored?.some((seq) => seq !== null))) waker.notify();
      return appended;
    },
    close: () => connection.close(),
  });
}
