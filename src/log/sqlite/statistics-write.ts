import type { Database } from "better-sqlite3";
import type { RoomKey } from "../log.js";
import type { Counted, GiftLine, Person, SessionDelta, SessionKey } from "../statistics.js";
import { addTally, emptyTally, eventsOf, tallyOf, tallyText } from "../tally.js";
import { writesOf } from "./statistics-sql.js";

/** Rows of a broadcast that was reset that one call deletes: some milliseconds. */
const SWEEP_ROWS = 2000;

interface Combos {
  combos: number;
  settled: number;
}

/** Changes statistics. To be called inside a write transaction. */
export class StatisticsWriter {
  readonly #sql: ReturnType<typeof writesOf>;

  constructor(database: Database) {
    this.#sql = writesOf(database);
  }

  /** As `Statistics.commit`. */
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
    if (first <= until) this.#sql.addSession.run(room, sessionId, first, until, first - 1, until, tallyText(emptyTally()));
    this.#sql.newVersion.run(room);
    this.#sql.fresh.run(room, sessionId);
  }

  /** Resets broadcasts of which events were replaced. */
  resetStale(room: RoomKey): void {
    for (const { sessionId, from, to } of this.#sql.stale.all(room)) this.reset(room, sessionId, from, to);
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
    for (const [word, count] of delta.words) this.#sql.addWord.run(n, "word", word, count);
    for (const [emoji, count] of delta.emoji) this.#sql.addWord.run(n, "emoji", emoji, count);
    for (const [minute, tally] of delta.minutes) {
      const before = this.#sql.minute.get(n, minute);
      const sum = before === undefined ? emptyTally() : tallyOf(before);
      addTally(sum, tally);
      this.#sql.setMinute.run(n, minute, eventsOf(sum), tallyText(sum));
    }
    const tally = known === undefined ? emptyTally() : tallyOf(known.tally);
    addTally(tally, delta.tally);
    const counts = [total.combos, total.settled, people, chatters, gifters];
    this.#sql.setSession.run(delta.firstSeq, delta.lastSeq, ...counts, tallyText(tally), n);
    if (partial) this.#sql.setPartial.run(n);
  }

  #make(room: RoomKey, sessionId: SessionKey, { firstSeq, lastSeq }: SessionDelta): number {
    return Number(this.#sql.addSession.run(room, sessionId, firstSeq, lastSeq, 0, 0, tallyText(emptyTally())).lastInsertRowid);
  }

  /** Notes which combos are new, and which have ended for the first time. */
  #addCombos(n: number, { combos }: SessionDelta) {
    const total = { combos: 0, settled: 0 };
    const byPerson = new Map<string, Combos>();
    const byLine = new Map<string, Combos>();
    for (const [comboId, { userId, line, settled }] of combos) {
      const before = this.#sql.combo.get(n, comboId);
      const fresh = before === undefined ? 1 : 0;
      const ended = settled && before !== 1 ? 1 : 0;
      if (fresh + ended === 0) continue;
      this.#sql.setCombo.run(n, comboId, settled || before === 1 ? 1 : 0);
      for (const sum of [total, of(byLine, line), ...(userId === null ? [] : [of(byPerson, userId)])]) {
        sum.combos += fresh;
        sum.settled += ended;
      }
    }
    return { total, byPerson, byLine };
  }

  #addPerson(n: number, person: Person, { combos, settled }: Combos = NO_COMBOS) {
    const { userId, name, nameSeq, events, chats, likes, joins, follows, shares, units, diamonds, unpricedUnits, firstAt, lastAt } = person;
    const done = [events, chats, likes, joins, follows, shares];
    const given = [combos, settled, units, diamonds, unpricedUnits];
    return this.#sql.addPerson.get(n, userId, name, nameSeq, ...done, ...given, firstAt, lastAt) ?? { events: 0, chats: 0, units: 0 };
  }

  #addLine(n: number, line: GiftLine, { combos, settled }: Combos = NO_COMBOS): void {
    const { userId, receiverId, giftId, gift, receiver, units, diamonds, unpricedUnits } = line;
    const names = [gift.name, gift.nameSeq, receiver.name, receiver.nameSeq];
    this.#sql.addLine.run(n, userId ?? "", receiverId ?? "", giftId, ...names, combos, settled, units, diamonds, unpricedUnits);
  }
}

const NO_COMBOS: Combos = { combos: 0, settled: 0 };

function of(sums: Map<string, Combos>, key: string): Combos {
  const sum = sums.get(key) ?? { combos: 0, settled: 0 };
  sums.set(key, sum);
  return sum;
}
