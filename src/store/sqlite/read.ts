import type { Database, Statement } from "better-sqlite3";
import type { EventType } from "../../events/event.js";
import type { Page, RoomKey, Where } from "../log.js";
import { type Plan, pageOf, planBackward, planForward, type Removal } from "../page.js";
import { StoredEvent } from "../stored-event.js";
import { posOf, seqOf } from "./pos.js";

type Value = string | number;
type Order = "ASC" | "DESC";
type EventColumns = [pos: number, type: EventType, sessionId: string | null, userId: string | null, diamonds: number | null, body: string];

/** Reads pages. Call it inside a transaction, so that head, removals and events are of one moment. */
export class SqliteReader {
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
