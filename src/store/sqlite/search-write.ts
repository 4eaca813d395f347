import type { Database } from "better-sqlite3";
import type { LiveEvent } from "../../events/event.js";
import type { RoomKey } from "../log.js";
import type { Removal } from "../page.js";
import { wordsOf } from "../search-terms.js";
import { eventOf } from "../stored-event.js";
import { posOf, seqOf } from "./pos.js";

/** Events of one step: their words take some 10 ms, for which the write lock is held. */
const STEP_EVENTS = 500;
/** Pages of the index that one step of a rewrite writes: some 10 ms. */
const PURGE_PAGES = 64;
/** Seqs of a block, as a power of two. */
const BLOCK_BITS = 10;

/** Returns the block that a position lies in. Positions have 53 bits, so this is no bit operation. */
export function blockOf(pos: number): number {
  return Math.floor(pos / 2 ** BLOCK_BITS);
}

/** Returns the first position of a block. */
export function firstOf(block: number): number {
  return block * 2 ** BLOCK_BITS;
}

function statementsOf(database: Database) {
  return {
    indexed: database.prepare<[RoomKey], number>("SELECT indexed FROM search_rooms WHERE room = ?").pluck(),
    setIndexed: database.prepare<[RoomKey, number]>(
      "INSERT INTO search_rooms(room, indexed) VALUES (?, ?) ON CONFLICT(room) DO UPDATE SET indexed = excluded.indexed",
    ),
    head: database.prepare<[RoomKey], number>("SELECT head FROM heads WHERE room = ?").pluck(),
    next: database.prepare<[number, number, number], { pos: number; body: string }>(
      "SELECT pos, body FROM events WHERE pos > ? AND pos <= ? ORDER BY pos LIMIT ?",
    ),
    add: database.prepare<[number, string]>("INSERT INTO search(rowid, words) VALUES (?, ?)"),
    drop: database.prepare<[number]>("DELETE FROM search WHERE rowid = ?"),
    dropRange: database.prepare<[number, number]>("DELETE FROM search WHERE rowid BETWEEN ? AND ?"),
    sums: database.prepare<[number, number], { block: number; events: number; bytes: number }>(
      `SELECT pos >> ${BLOCK_BITS} AS block, count(*) AS events, sum(octet_length(body)) AS bytes FROM events
       WHERE pos BETWEEN ? AND ? GROUP BY 1`,
    ),
    grow: database.prepare<[number, number, number, number, number]>(
      `INSERT INTO blocks(block, min_time, max_time, events, bytes) VALUES (?, ?, ?, ?, ?) ON CONFLICT(block) DO UPDATE SET
         min_time = min(min_time, excluded.min_time), max_time = max(max_time, excluded.max_time),
         events = events + excluded.events, bytes = bytes + excluded.bytes`,
    ),
    shrink: database.prepare<[number, number, number]>("UPDATE blocks SET events = events - ?, bytes = bytes - ? WHERE block = ?"),
    dropEmpty: database.prepare<[number, number]>("DELETE FROM blocks WHERE block BETWEEN ? AND ? AND events <= 0"),
    rewrite: database.prepare<[number]>("INSERT INTO search(search, rank) VALUES ('merge', ?)"),
    changes: database.prepare<[], number>("SELECT total_changes()").pluck(),
  };
}

/** Changes the index. Call it inside a write transaction. */
export class SearchWriter {
  readonly #database: Database;
  readonly #sql: ReturnType<typeof statementsOf>;

  constructor(database: Database) {
    this.#database = database;
    this.#sql = statementsOf(database);
  }

  /** Implements `Search.advance`. */
  advance(room: RoomKey): boolean {
    const head = this.#sql.head.get(room) ?? 0;
    const indexed = this.#sql.indexed.get(room) ?? 0;
    if (indexed >= head) return false;
    const rows = this.#sql.next.all(posOf(room, indexed), posOf(room, head), STEP_EVENTS);
    for (const { pos, body } of rows) {
      const event = eventOf(seqOf(pos), body);
      this.#sql.add.run(pos, wordsOf(event));
      this.#sql.grow.run(blockOf(pos), event.time, event.time, 1, Buffer.byteLength(body));
    }
    this.#sql.setIndexed.run(room, rows.length < STEP_EVENTS ? head : seqOf(rows.at(-1)?.pos ?? posOf(room, head)));
    return true;
  }

  /** Updates the index for an event that was replaced: what it was is no longer found. @param grown bytes by which its text is longer */
  replaced(room: RoomKey, event: LiveEvent, grown: number): void {
    if (event.seq > (this.#sql.indexed.get(room) ?? 0)) return;
    const pos = posOf(room, event.seq);
    this.#sql.drop.run(pos);
    this.#sql.add.run(pos, wordsOf(event));
    this.#sql.grow.run(blockOf(pos), event.time, event.time, 0, grown);
  }

  /** Takes events out of the index that are about to be removed. */
  removing(room: RoomKey, { from, to }: Removal): void {
    const last = Math.min(to, this.#sql.indexed.get(room) ?? 0);
    if (last < from) return;
    const ends = [posOf(room, from), posOf(room, last)] as const;
    for (const { block, events, bytes } of this.#sql.sums.all(...ends)) this.#sql.shrink.run(events, bytes, block);
    this.#sql.dropEmpty.run(blockOf(ends[0]), blockOf(ends[1]));
    this.#sql.dropRange.run(...ends);
  }

  /** Implements `Search.reset`. */
  reset(): void {
    this.#database.exec("INSERT INTO search(search) VALUES ('delete-all'); DELETE FROM search_rooms; DELETE FROM blocks");
  }

  /** Implements `Search.purge`. */
  purge(begin: boolean): boolean {
    const before = this.#sql.changes.get() ?? 0;
    // A negative number of pages merges everything into one; what is no longer kept is left out on the way.
    this.#sql.rewrite.run(begin ? -PURGE_PAGES : PURGE_PAGES);
    return (this.#sql.changes.get() ?? 0) - before >= 2;
  }
}
