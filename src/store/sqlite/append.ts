import type { Database, Statement } from "better-sqlite3";
import { DyliveError } from "../../runtime/errors.js";
import type { Appended, RoomBatch, RoomKey } from "../log.js";
import { type Row, rowOf } from "../row.js";
import { MAX_SEQ, posOf, storedId } from "./pos.js";

/** Batch made ready outside the transaction. */
interface SqliteBatch {
  readonly room: RoomKey;
  readonly epoch: number;
  readonly rows: readonly Row[];
}

/** Turns a batch into rows; later changes to the events do not reach the store. */
export function prepareBatch({ room, epoch, events }: RoomBatch): SqliteBatch {
  return { room, epoch, rows: events.map((event) => rowOf(event)) };
}

type Column = string | number | bigint | null;
interface HighMark {
  readonly head: number;
  readonly epoch: number;
}

/** Gives events their seq. Call it inside a write transaction: the head is read there, because other processes append too. */
export class Appender {
  readonly #mark: Statement<[RoomKey], HighMark>;
  readonly #insert: Statement<Column[]>;
  readonly #setHead: Statement<[number, RoomKey]>;

  constructor(database: Database) {
    this.#mark = database.prepare("SELECT head, epoch FROM heads WHERE room = ?");
    this.#insert = database.prepare(
      `INSERT INTO events(pos, id, type, session_id, user_id, combo_id, combo_total, settled, diamonds, revision, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id, room) DO NOTHING`,
    );
    this.#setHead = database.prepare("UPDATE heads SET head = ? WHERE room = ?");
  }

  append({ room, epoch, rows }: SqliteBatch): Appended {
    const mark = this.#mark.get(room);
    if (mark === undefined || mark.epoch !== epoch) return { room, head: mark?.head ?? 0, fenced: true };
    let head = mark.head;
    const stored = rows.map((row) => (this.#store(room, head + 1, row) ? ++head : null));
    if (head !== mark.head) this.#setHead.run(head, room);
    return { room, head, stored };
  }

  #store(room: RoomKey, seq: number, row: Row): boolean {
    if (seq > MAX_SEQ) throw new DyliveError("internal", `room ${room} has used up its ${MAX_SEQ} seqs`);
    const { changes } = this.#insert.run(
      posOf(room, seq),
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
