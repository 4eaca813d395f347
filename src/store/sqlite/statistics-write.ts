import type { Database } from "better-sqlite3";
import type { RoomKey } from "../log.js";
import {
  type Counted,
  type GiftLine,
  type Person,
  type SessionDelta,
  type SessionKey,
  WORDS_KEPT,
  WORDS_MAX,
  type WordKind,
} from "../statistics.js";
import { COUNT_MAX, type ComboCounts, countCombos, DIAMONDS_MAX, NO_COMBOS } from "../statistics-add.js";
import { addTotals, emptyTotals, eventsOf, totalsOf, totalsText } from "../totals.js";

/** Rows of a broadcast that was reset that one call deletes: some milliseconds. */
const SWEEP_ROWS = 2000;

/** Returns SQL that adds to a column. Sums stay exact integers, where SQLite would go on in floating point. */
const sum = (column: string) => `${column} = min(${column} + excluded.${column}, ${column === "diamonds" ? DIAMONDS_MAX : COUNT_MAX})`;
const newest = (name: string, seq: string) =>
  `${name} = CASE WHEN excluded.${seq} > ${seq} THEN excluded.${name} ELSE ${name} END, ${seq} = max(${seq}, excluded.${seq})`;
const sums = (columns: readonly string[]) => columns.map(sum).join(", ");
const GIVEN = ["combos", "settled", "units", "diamonds", "unpriced"];
const DONE = ["events", "chats", "likes", "joins", "follows", "shares"];

/** Row of a broadcast's statistics as the writer needs it. */
interface StoredTotals {
  readonly n: number;
  readonly back: number;
  readonly until: number;
  readonly tally: string;
}

function statementsOf(database: Database) {
  const sweep = (table: string, key: string) =>
    database.prepare<[number, number, number]>(
      `DELETE FROM ${table} WHERE n = ? AND (${key}) IN (SELECT ${key} FROM ${table} WHERE n = ? LIMIT ?)`,
    );
  return {
    room: database.prepare<[RoomKey], { counted: number; version: number }>("SELECT counted, version FROM statistics_rooms WHERE room = ?"),
    setCounted: database.prepare<[RoomKey, number]>(
      "INSERT INTO statistics_rooms(room, counted) VALUES (?, ?) ON CONFLICT(room) DO UPDATE SET counted = excluded.counted",
    ),
    newVersion: database.prepare<[RoomKey]>(
      "INSERT INTO statistics_rooms(room, version) VALUES (?, 1) ON CONFLICT(room) DO UPDATE SET version = version + 1",
    ),
    session: database.prepare<[RoomKey, string], StoredTotals>(
      "SELECT n, back, until, tally FROM statistics_sessions WHERE room = ? AND session_id = ?",
    ),
    range: database.prepare<[RoomKey, string], { n: number; first: number; last: number }>(
      "SELECT n, first_seq AS first, last_seq AS last FROM statistics_sessions WHERE room = ? AND session_id = ?",
    ),
    addSession: database.prepare<[RoomKey, string, number, number, number, number, string]>(
      "INSERT INTO statistics_sessions(room, session_id, first_seq, last_seq, back, until, tally) VALUES (?, ?, ?, ?, ?, ?, ?)",
    ),
    dropSession: database.prepare<[number]>("DELETE FROM statistics_sessions WHERE n = ?"),
    setSession: database.prepare<(number | string)[]>(
      `UPDATE statistics_sessions SET first_seq = min(first_seq, ?), last_seq = max(last_seq, ?), combos = combos + ?, settled = settled + ?,
         people = people + ?, chatters = chatters + ?, gifters = gifters + ?, tally = ? WHERE n = ?`,
    ),
    setBack: database.prepare<[number, number]>("UPDATE statistics_sessions SET back = ? WHERE n = ?"),
    setPartial: database.prepare<[number]>("UPDATE statistics_sessions SET partial = 1 WHERE n = ?"),
    newestSession: database
      .prepare<[RoomKey], number>("SELECT n FROM statistics_sessions WHERE room = ? ORDER BY last_seq DESC LIMIT 1")
      .pluck(),
    minute: database.prepare<[number, number], string>("SELECT tally FROM statistics_minutes WHERE n = ? AND minute = ?").pluck(),
    setMinute: database.prepare<[number, number, number, string]>(
      `INSERT INTO statistics_minutes(n, minute, events, tally) VALUES (?, ?, ?, ?)
       ON CONFLICT(n, minute) DO UPDATE SET events = excluded.events, tally = excluded.tally`,
    ),
    combo: database.prepare<[number, string], number>("SELECT settled FROM statistics_combos WHERE n = ? AND combo_id = ?").pluck(),
    setCombo: database.prepare<[number, string, number]>(
      "INSERT INTO statistics_combos(n, combo_id, settled) VALUES (?, ?, ?) ON CONFLICT(n, combo_id) DO UPDATE SET settled = excluded.settled",
    ),
    addPerson: database.prepare<(number | string | bigint | null)[], { events: number; chats: number; units: number }>(
      `INSERT INTO statistics_people(n, user_id, name, name_seq, ${DONE.join(", ")}, ${GIVEN.join(", ")}, first_at, last_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(n, user_id) DO UPDATE SET ${newest("name", "name_seq")},
         ${sums([...DONE, ...GIVEN])}, first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at)
       RETURNING events, chats, units`,
    ),
    addLine: database.prepare<(number | string | bigint | null)[]>(
      `INSERT INTO statistics_gifts(n, user_id, receiver_id, gift_id, gift_name, gift_seq, receiver_name, receiver_seq, ${GIVEN.join(", ")})
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(n, user_id, receiver_id, gift_id) DO UPDATE SET
         ${newest("gift_name", "gift_seq")}, ${newest("receiver_name", "receiver_seq")}, ${sums(GIVEN)}`,
    ),
    addWord: database.prepare<[number, string, string, number]>(
      `INSERT INTO statistics_words(n, kind, word, count) VALUES (?, ?, ?, ?) ON CONFLICT(n, kind, word) DO UPDATE SET ${sum("count")}`,
    ),
    countWords: database.prepare<[number, string], number>("SELECT count(*) FROM statistics_words WHERE n = ? AND kind = ?").pluck(),
    dropWords: database.prepare<[number, string, number, string, number]>(
      `DELETE FROM statistics_words WHERE n = ? AND kind = ? AND word IN
         (SELECT word FROM statistics_words WHERE n = ? AND kind = ? ORDER BY count, word DESC LIMIT ?)`,
    ),
    stale: database.prepare<[RoomKey], { sessionId: string; from: number; to: number }>(
      `SELECT session_id AS sessionId, from_seq AS "from", to_seq AS "to" FROM statistics_stale WHERE room = ? ORDER BY session_id LIMIT 100`,
    ),
    fresh: database.prepare<[RoomKey, string]>("DELETE FROM statistics_stale WHERE room = ? AND session_id = ?"),
    expired: database
      .prepare<[RoomKey, number], number>(
        "SELECT n FROM statistics_sessions WHERE room = ? AND back >= until AND tally ->> '$.lastAt' < ? ORDER BY n LIMIT 1",
      )
      .pluck(),
    bury: database.prepare<[number, RoomKey]>("INSERT INTO statistics_dead(n, room) VALUES (?, ?)"),
    dead: database.prepare<[RoomKey], number>("SELECT n FROM statistics_dead WHERE room = ? LIMIT 1").pluck(),
    gone: database.prepare<[number]>("DELETE FROM statistics_dead WHERE n = ?"),
    sweeps: [
      sweep("statistics_minutes", "minute"),
      sweep("statistics_people", "user_id"),
      sweep("statistics_gifts", "user_id, receiver_id, gift_id"),
      sweep("statistics_combos", "combo_id"),
      sweep("statistics_words", "kind, word"),
    ],
  };
}

/** Changes statistics. Call it inside a write transaction. */
export class StatisticsWriter {
  readonly #sql: ReturnType<typeof statementsOf>;

  constructor(database: Database) {
    this.#sql = statementsOf(database);
  }

  /** Implements `Statistics.commit`. */
  commit({ task, scanned, removed, delta }: Counted): boolean {
    const { room, sessionId, after, version } = task;
    const at = this.#sql.room.get(room) ?? { counted: 0, version: 0 };
    if (at.version !== version) return false;
    if (sessionId === null) {
      if (at.counted !== after) return false;
      if (removed !== undefined) this.#markNewest(room);
      for (const [key, part] of delta) this.#add(room, key, part, removed !== undefined);
      this.#sql.setCounted.run(room, scanned);
      return true;
    }
    const session = this.#sql.session.get(room, sessionId);
    if (session === undefined || session.back !== after) return false;
    const part = delta.get(sessionId);
    if (part !== undefined) this.#add(room, sessionId, part, false);
    if (removed !== undefined && removed[0] <= task.until) this.#sql.setPartial.run(session.n);
    this.#sql.setBack.run(Math.min(scanned, task.until), session.n);
    return true;
  }

  /** Forgets a broadcast; what is kept of it up to where the room is counted will be counted again, and seqs from `from` to `to` with it. */
  reset(room: RoomKey, sessionId: SessionKey, from = Number.MAX_SAFE_INTEGER, to = 0): void {
    const { counted } = this.#sql.room.get(room) ?? { counted: 0 };
    const known = this.#sql.range.get(room, sessionId);
    const first = Math.min(known?.first ?? Number.MAX_SAFE_INTEGER, from);
    const until = Math.min(Math.max(known?.last ?? 0, to), counted);
    if (known !== undefined) {
      this.#sql.bury.run(known.n, room);
      this.#sql.dropSession.run(known.n);
    }
    if (first <= until) this.#sql.addSession.run(room, sessionId, first, until, first - 1, until, totalsText(emptyTotals()));
    this.#sql.newVersion.run(room);
    this.#sql.fresh.run(room, sessionId);
  }

  /** Resets the broadcasts of which events were replaced. */
  resetStale(room: RoomKey): void {
    for (const { sessionId, from, to } of this.#sql.stale.all(room)) this.reset(room, sessionId, from, to);
  }

  /** Implements `Statistics.expire`. */
  expire(room: RoomKey, before: number): boolean {
    const n = this.#sql.expired.get(room, before);
    if (n === undefined) return false;
    this.#sql.bury.run(n, room);
    this.#sql.dropSession.run(n);
    this.#sql.newVersion.run(room);
    return true;
  }

  /** Deletes some rows of a broadcast that was reset. @returns whether there may be more */
  sweep(room: RoomKey): boolean {
    const n = this.#sql.dead.get(room);
    if (n === undefined) return false;
    if (!this.#sql.sweeps.some((sweep) => sweep.run(n, n, SWEEP_ROWS).changes > 0)) this.#sql.gone.run(n);
    return true;
  }

  #markNewest(room: RoomKey): void {
    const n = this.#sql.newestSession.get(room);
    if (n !== undefined) this.#sql.setPartial.run(n);
  }

  #add(room: RoomKey, sessionId: SessionKey, delta: SessionDelta, partial: boolean): void {
    const known = this.#sql.session.get(room, sessionId);
    const n = known?.n ?? this.#make(room, sessionId, delta);
    const { total, byPerson, byLine } = this.#addCombos(n, delta);
    let people = 0;
    let chatters = 0;
    let gifters = 0;
    for (const person of delta.people.values()) {
      const now = this.#addPerson(n, person, byPerson.get(person.userId));
      if (now.events === person.events) people++;
      if (person.chats > 0 && now.chats === person.chats) chatters++;
      if (person.units > 0 && now.units === person.units) gifters++;
    }
    for (const [key, line] of delta.lines) this.#addLine(n, line, byLine.get(key));
    this.#addWords(n, "word", delta.words);
    this.#addWords(n, "emoji", delta.emoji);
    for (const [minute, totals] of delta.minutes) {
      const before = this.#sql.minute.get(n, minute);
      const sum = before === undefined ? emptyTotals() : totalsOf(before);
      addTotals(sum, totals);
      this.#sql.setMinute.run(n, minute, eventsOf(sum), totalsText(sum));
    }
    const totals = known === undefined ? emptyTotals() : totalsOf(known.tally);
    addTotals(totals, delta.totals);
    const counts = [total.combos, total.settled, people, chatters, gifters];
    this.#sql.setSession.run(delta.firstSeq, delta.lastSeq, ...counts, totalsText(totals), n);
    if (partial) this.#sql.setPartial.run(n);
  }

  #make(room: RoomKey, sessionId: SessionKey, { firstSeq, lastSeq }: SessionDelta): number {
    return Number(this.#sql.addSession.run(room, sessionId, firstSeq, lastSeq, 0, 0, totalsText(emptyTotals())).lastInsertRowid);
  }

  #addWords(n: number, kind: WordKind, words: ReadonlyMap<string, number>): void {
    if (words.size === 0) return;
    for (const [word, count] of words) this.#sql.addWord.run(n, kind, word, count);
    const kept = this.#sql.countWords.get(n, kind) ?? 0;
    if (kept > WORDS_MAX) this.#sql.dropWords.run(n, kind, n, kind, kept - WORDS_KEPT);
  }

  /** Notes which combos are new, and which have ended for the first time. */
  #addCombos(n: number, { combos }: SessionDelta) {
    const counted = countCombos(combos, (comboId) => {
      const settled = this.#sql.combo.get(n, comboId);
      return settled === undefined ? undefined : settled === 1;
    });
    for (const [comboId, settled] of counted.changed) this.#sql.setCombo.run(n, comboId, settled ? 1 : 0);
    return counted;
  }

  #addPerson(n: number, person: Person, { combos, settled }: ComboCounts = NO_COMBOS) {
    const { userId, name, nameSeq, events, chats, likes, joins, follows, shares, units, diamonds, unpricedUnits, firstAt, lastAt } = person;
    const done = [events, chats, likes, joins, follows, shares];
    const given = [combos, settled, units, diamonds, unpricedUnits];
    return this.#sql.addPerson.get(n, userId, name, nameSeq, ...done, ...given, firstAt, lastAt) ?? { events: 0, chats: 0, units: 0 };
  }

  #addLine(n: number, line: GiftLine, { combos, settled }: ComboCounts = NO_COMBOS): void {
    const { userId, receiverId, giftId, gift, receiver, units, diamonds, unpricedUnits } = line;
    const names = [gift.name, gift.nameSeq, receiver.name, receiver.nameSeq];
    this.#sql.addLine.run(n, userId ?? "", receiverId ?? "", giftId, ...names, combos, settled, units, diamonds, unpricedUnits);
  }
}
