import type { Database, Statement } from "better-sqlite3";
import type { LiveEvent } from "../../events/event.js";
import { DyliveError } from "../../runtime/errors.js";
import type { RoomKey } from "../log.js";
import type { Removal } from "../page.js";
import { mayReplace, rowOf } from "../row.js";
import { markStale, recordRemoval } from "../sql/change.js";
import { SQLITE, WorkRunner } from "./driver.js";
import { posOf, storedId } from "./pos.js";
import { SearchWriter } from "./search-write.js";

/** Changes what is kept: replaces events and removes ranges. Call it inside a write transaction. */
export class Changer {
  readonly #kept: Statement<[number], { revision: number; id: string; session: string | null; bytes: number }>;
  readonly #replace: Statement<(string | number | bigint | null)[]>;
  readonly #delete: Statement<[number, number]>;
  readonly #search: SearchWriter;
  readonly #work: WorkRunner;

  constructor(database: Database) {
    this.#kept = database.prepare(
      "SELECT revision, CAST(id AS TEXT) AS id, session_id AS session, octet_length(body) AS bytes FROM events WHERE pos = ?",
    );
    this.#search = new SearchWriter(database);
    this.#replace = database.prepare(
      `UPDATE events SET id = ?, type = ?, session_id = ?, user_id = ?, combo_id = ?, combo_total = ?, settled = ?, diamonds = ?, revision = ?, body = ?
       WHERE pos = ?`,
    );
    this.#delete = database.prepare("DELETE FROM events WHERE pos BETWEEN ? AND ?");
    this.#work = new WorkRunner(database);
  }

  replace(room: RoomKey, event: LiveEvent): void {
    const kept = this.#kept.get(posOf(room, event.seq));
    if (kept === undefined) return;
    if (!mayReplace(kept.id, event.id)) throw new DyliveError("bad_request", `event ${room}:${event.seq} is ${kept.id}, not ${event.id}`);
    const row = rowOf(event, kept.revision + 1);
    this.#replace.run(
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
      posOf(room, event.seq),
    );
    this.#search.replaced(room, event, Buffer.byteLength(row.body) - kept.bytes);
    this.#work.run(markStale(SQLITE, room, [kept.session ?? "", row.sessionId ?? ""], event.seq));
  }

  remove(room: RoomKey, range: Removal, reason: string): void {
    this.#search.removing(room, range);
    this.#delete.run(posOf(room, range.from), posOf(room, range.to));
    this.#work.run(recordRemoval(SQLITE, room, range, reason));
  }
}
