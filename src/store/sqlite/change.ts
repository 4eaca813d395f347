import type { Database, Statement } from "better-sqlite3";
import type { LiveEvent } from "../../events/event.js";
import { DyliveError } from "../../runtime/errors.js";
import type { RoomKey } from "../log.js";
import { addRemoval, type Removal } from "../page.js";
import { mayReplace, rowOf } from "../row.js";
import { posOf, storedId } from "./pos.js";
import { SearchWriter } from "./search-write.js";

/** Changes what is kept: replaces events and removes ranges. Call it inside a write transaction. */
export class Changer {
  readonly #kept: Statement<[number], { revision: number; id: string; session: string | null; bytes: number }>;
  readonly #replace: Statement<(string | number | bigint | null)[]>;
  readonly #delete: Statement<[number, number]>;
  readonly #removals: Statement<[RoomKey], Removal>;
  readonly #forget: Statement<[RoomKey]>;
  readonly #record: Statement<[RoomKey, number, number, string]>;
  readonly #search: SearchWriter;
  readonly #stale: Statement<[RoomKey, string, number, number]>;

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
    this.#removals = database.prepare(`SELECT from_seq AS "from", to_seq AS "to" FROM removals WHERE room = ? ORDER BY from_seq`);
    this.#forget = database.prepare("DELETE FROM removals WHERE room = ?");
    this.#record = database.prepare("INSERT INTO removals(room, from_seq, to_seq, reason) VALUES (?, ?, ?, ?)");
    this.#stale = database.prepare(
      `INSERT INTO statistics_stale(room, session_id, from_seq, to_seq) VALUES (?, ?, ?, ?) ON CONFLICT(room, session_id)
       DO UPDATE SET from_seq = min(from_seq, excluded.from_seq), to_seq = max(to_seq, excluded.to_seq)`,
    );
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
    // In the same transaction: statistics never miss that what they have counted is no longer so.
    for (const session of new Set([kept.session ?? "", row.sessionId ?? ""])) this.#stale.run(room, session, event.seq, event.seq);
  }

  remove(room: RoomKey, range: Removal, reason: string): void {
    this.#search.removing(room, range);
    this.#delete.run(posOf(room, range.from), posOf(room, range.to));
    const removals = addRemoval(this.#removals.all(room), range);
    this.#forget.run(room);
    for (const { from, to } of removals) this.#record.run(room, from, to, reason);
  }
}
