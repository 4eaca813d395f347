import type { Database } from "better-sqlite3";
import type { RoomKey } from "../log.js";
import type { Found, Search, SearchAsk, SearchPlace, Verified } from "../search.js";
import { type Candidate, mergeNewest } from "../search-merge.js";
import { isFound, queryOf, wordsOf } from "../search-terms.js";
import type { Progress } from "../statistics.js";
import { eventOf } from "../stored-event.js";
import type { SqliteConnection } from "./connection.js";
import { posOf, seqOf } from "./pos.js";
import { blockOf, firstOf, SearchWriter } from "./search-write.js";

/** Numbers of positions that are asked for at once: few at first, since the first page is often enough. */
const FIRST_HITS = 20;
const MOST_HITS = 640;
/** Seqs that one call of `verify` compares: some 50 ms. */
const VERIFY_SEQS = 20_000;
/** Step between events whose words are looked up, one in so many: each look is a search of its own. */
const VERIFY_WORDS_EVERY = 97;

interface Range {
  readonly from: number;
  readonly to: number;
}

function statementsOf(database: Database) {
  return {
    head: database.prepare<[RoomKey], number>("SELECT head FROM heads WHERE room = ?").pluck(),
    indexed: database.prepare<[RoomKey], number>("SELECT indexed FROM search_rooms WHERE room = ?").pluck(),
    progress: database.prepare<[], Progress>(
      `SELECT h.room, h.head - coalesce(s.indexed, 0) AS behind FROM heads h LEFT JOIN search_rooms s ON s.room = h.room
       WHERE h.head > coalesce(s.indexed, 0) ORDER BY h.room`,
    ),
    hits: database
      .prepare<[string, number, number, number], number>(
        "SELECT rowid FROM search WHERE search MATCH ? AND rowid >= ? AND rowid <= ? ORDER BY rowid DESC LIMIT ?",
      )
      .pluck(),
    blocks: database
      .prepare<[number, number, number, number], number>(
        "SELECT block FROM blocks WHERE block BETWEEN ? AND ? AND max_time >= ? AND min_time < ? ORDER BY block DESC",
      )
      .pluck(),
    body: database.prepare<[number], string>("SELECT body FROM events WHERE pos = ?").pluck(),
    missing: database
      .prepare<[number, number], number>(
        "SELECT e.pos FROM events e WHERE e.pos BETWEEN ? AND ? AND NOT EXISTS (SELECT 1 FROM search_docsize d WHERE d.id = e.pos)",
      )
      .pluck(),
    stray: database
      .prepare<[number, number], number>(
        "SELECT d.id FROM search_docsize d WHERE d.id BETWEEN ? AND ? AND NOT EXISTS (SELECT 1 FROM events e WHERE e.pos = d.id)",
      )
      .pluck(),
    sample: database.prepare<[number, number, number], { pos: number; body: string }>(
      "SELECT pos, body FROM events WHERE pos BETWEEN ? AND ? AND seq % ? = 0",
    ),
  };
}

/** Reads the index. Call it inside a transaction. */
class SearchReader {
  readonly #sql: ReturnType<typeof statementsOf>;

  constructor(database: Database) {
    this.#sql = statementsOf(database);
  }

  progress(): readonly Progress[] {
    return this.#sql.progress.all();
  }

  find(ask: SearchAsk, limit: number): Found {
    const query = queryOf(ask);
    const began = performance.now();
    const behind = ask.places.reduce((sum, { room }) => sum + this.#head(room) - this.#indexed(room), 0);
    const found = mergeNewest(ask.places, (place) => this.#candidates(place, ask, query), limit);
    return { ...found, behind, ms: performance.now() - began };
  }

  verify(room: RoomKey, after: number): Verified | null {
    const indexed = this.#indexed(room);
    if (after >= indexed) return null;
    const scanned = Math.min(after + VERIFY_SEQS, indexed);
    const ends = [posOf(room, after + 1), posOf(room, scanned)] as const;
    const wrong = [...this.#sql.missing.all(...ends), ...this.#sql.stray.all(...ends)];
    for (const { pos, body } of this.#sql.sample.all(...ends, VERIFY_WORDS_EVERY)) {
      const words = wordsOf(eventOf(seqOf(pos), body))
        .split(" ")
        .join(" AND ");
      if (this.#sql.hits.get(words, pos, pos, 1) === undefined) wrong.push(pos);
    }
    return { scanned, wrong: [...new Set(wrong)].sort((a, b) => a - b).map(seqOf) };
  }

  *#candidates(place: SearchPlace, ask: SearchAsk, query: string): Generator<Candidate> {
    for (const { from, to } of this.#ranges(place, ask)) {
      let last = to;
      for (let count = FIRST_HITS; last >= from; count = Math.min(2 * count, MOST_HITS)) {
        const hits = this.#sql.hits.all(query, from, last, count);
        for (const pos of hits) {
          const body = this.#sql.body.get(pos);
          const event = body === undefined ? null : eventOf(seqOf(pos), body);
          yield { seq: seqOf(pos), event: event !== null && isFound(event, ask) ? event : null };
        }
        if (hits.length < count) break;
        last = (hits.at(-1) ?? from) - 1;
      }
    }
  }

  /** Yields the positions to look at, newest first: those of the blocks that reach into the time asked for. */
  *#ranges({ room, before }: SearchPlace, { from, to }: SearchAsk): Generator<Range> {
    const last = Math.min(before - 1, this.#indexed(room));
    if (last < 1) return;
    const whole = { from: posOf(room, 1), to: posOf(room, last) };
    if (from === undefined && to === undefined) return yield whole;
    const least = from ?? Number.MIN_SAFE_INTEGER;
    const most = to ?? Number.MAX_SAFE_INTEGER;
    const blocks = this.#sql.blocks.all(blockOf(whole.from), blockOf(whole.to), least, most);
    for (let at = 0; at < blocks.length; ) {
      const top = blocks[at] ?? 0;
      let bottom = top;
      while (blocks[++at] === bottom - 1) bottom--;
      yield { from: Math.max(whole.from, firstOf(bottom)), to: Math.min(whole.to, firstOf(top + 1) - 1) };
    }
  }

  #head(room: RoomKey): number {
    return this.#sql.head.get(room) ?? 0;
  }

  #indexed(room: RoomKey): number {
    return this.#sql.indexed.get(room) ?? 0;
  }
}

/** Search in SQLite, by its full-text index. */
export class SqliteSearch implements Search {
  readonly #connection: SqliteConnection;
  readonly #reader: SearchReader;
  readonly #writer: SearchWriter;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    this.#reader = new SearchReader(connection.database);
    this.#writer = new SearchWriter(connection.database);
  }

  progress(): Promise<readonly Progress[]> {
    return this.#connection.read(() => this.#reader.progress());
  }

  advance(room: RoomKey): Promise<boolean> {
    return this.#connection.write(() => this.#writer.advance(room));
  }

  reset(): Promise<void> {
    return this.#connection.write(() => this.#writer.reset());
  }

  find(ask: SearchAsk, limit: number): Promise<Found> {
    return this.#connection.read(() => this.#reader.find(ask, limit));
  }

  purge(begin: boolean): Promise<boolean> {
    return this.#connection.write(() => this.#writer.purge(begin));
  }

  verify(room: RoomKey, after: number): Promise<Verified | null> {
    return this.#connection.read(() => this.#reader.verify(room, after));
  }
}
