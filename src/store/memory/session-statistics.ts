import type { ComboSeen, GiftGroup, GiftLine, GiftSum, Given, Person, SessionDelta, SessionKey, SessionStatistics } from "../statistics.js";
import { HIDDEN_RECEIVER, WORDS_KEPT, WORDS_MAX } from "../statistics.js";
import { addGiven, addLine, addPerson, lineKey } from "../statistics-add.js";
import { addTotals, emptyTotals, eventsOf, type Totals } from "../totals.js";

const NOTHING: Given = { combos: 0, settled: 0, units: 0, diamonds: 0n, unpricedUnits: 0 };

/** Statistics of one broadcast in memory. */
export class MemorySessionStatistics {
  readonly sessionId: SessionKey;
  firstSeq: number;
  lastSeq: number;
  /** Seq after which events are still to be looked at, up to `until`, while the broadcast is counted again. */
  back = 0;
  until = 0;
  partial = false;
  readonly minutes = new Map<number, Totals>();
  readonly people = new Map<string, Person>();
  readonly words = { word: new Map<string, number>(), emoji: new Map<string, number>() };
  readonly #totals = emptyTotals();
  readonly #lines = new Map<string, GiftLine>();
  readonly #combos = new Map<string, ComboSeen>();

  constructor(sessionId: SessionKey, firstSeq: number, lastSeq: number) {
    this.sessionId = sessionId;
    this.firstSeq = firstSeq;
    this.lastSeq = lastSeq;
  }

  add(delta: SessionDelta): void {
    this.firstSeq = Math.min(this.firstSeq, delta.firstSeq);
    this.lastSeq = Math.max(this.lastSeq, delta.lastSeq);
    addTotals(this.#totals, delta.totals);
    for (const [minute, totals] of delta.minutes) {
      const sum = this.minutes.get(minute) ?? emptyTotals();
      addTotals(sum, totals);
      this.minutes.set(minute, sum);
    }
    for (const [id, person] of delta.people) {
      const known = this.people.get(id);
      this.people.set(id, known === undefined ? { ...person } : addPerson(known, person));
    }
    for (const [key, line] of delta.lines) {
      const known = this.#lines.get(key);
      this.#lines.set(key, known === undefined ? { ...line } : addLine(known, line));
    }
    for (const [id, combo] of delta.combos) this.#addCombo(id, combo);
    addWords(this.words.word, delta.words);
    addWords(this.words.emoji, delta.emoji);
  }

  /** Implements `Statistics.forget`. */
  forget(userId: string, as: string | null): void {
    const person = this.people.get(userId);
    this.people.delete(userId);
    if (person !== undefined && as !== null) this.people.set(as, { ...person, userId: as, name: as });
    for (const [key, line] of [...this.#lines]) {
      if (line.userId !== userId && line.receiverId !== userId) continue;
      const given = line.receiverId === userId;
      const next: GiftLine = {
        ...line,
        userId: line.userId === userId ? as : line.userId,
        receiverId: given ? (as ?? HIDDEN_RECEIVER) : line.receiverId,
        receiver: given ? { name: as, nameSeq: line.receiver.nameSeq } : line.receiver,
      };
      this.#lines.delete(key);
      const known = this.#lines.get(lineKey(next));
      this.#lines.set(lineKey(next), known === undefined ? next : addLine(known, next));
    }
    const parts = (id: string) => id.split(".");
    for (const [id, combo] of [...this.#combos]) {
      if (combo.userId !== userId && !parts(id).includes(userId)) continue;
      this.#combos.delete(id);
      this.#combos.set(
        parts(id)
          .map((part) => (part === userId ? (as ?? "") : part))
          .join("."),
        { ...combo, userId: as },
      );
    }
  }

  statistics(behind: number): SessionStatistics {
    const people = [...this.people.values()];
    const combos = [...this.#combos.values()];
    const minutes = [...this.minutes].map(([minute, totals]) => ({ minute, events: eventsOf(totals) }));
    return {
      sessionId: this.sessionId,
      totals: structuredClone(this.#totals),
      combos: combos.length,
      settled: combos.filter(({ settled }) => settled).length,
      people: people.length,
      chatters: people.filter(({ chats }) => chats > 0).length,
      gifters: people.filter(({ units }) => units > 0).length,
      busiest: minutes.sort((a, b) => b.events - a.events || a.minute - b.minute)[0] ?? null,
      partial: this.partial,
      behind: behind + this.until - this.back,
    };
  }

  gifts(by: GiftGroup, userId?: string): readonly GiftSum[] {
    const lines = [...this.#lines.values()].filter((line) =>
      userId === undefined ? by !== "user" || line.userId !== null : line.userId === userId,
    );
    const groups = new Map<string, GiftLine[]>();
    for (const line of lines) {
      const key = groupKey(by, line);
      groups.set(key, [...(groups.get(key) ?? []), line]);
    }
    return [...groups].map(([key, group]) => this.#sum(by, key, group));
  }

  #sum(by: GiftGroup, key: string, lines: readonly GiftLine[]): GiftSum {
    const sum = lines.reduce<Given>((into, line) => ({ ...addGiven(into, line), diamonds: into.diamonds + line.diamonds }), NOTHING);
    const whole = lines.reduce(addLine);
    const [user, receiver, gift] = [by === "user" || by === "line", by === "receiver" || by === "line", by === "gift" || by === "line"];
    const { userId, receiverId, giftId } = whole;
    return {
      ...sum,
      userId: user ? userId : null,
      userName: user && userId !== null ? (this.people.get(userId)?.name ?? null) : null,
      receiverId: receiver ? receiverId : null,
      receiverName: receiver ? whole.receiver.name : null,
      giftId: gift ? giftId : null,
      giftName: gift ? whole.gift.name : null,
      place: [Number(sum.diamonds), sum.units, key],
    };
  }

  #addCombo(id: string, combo: ComboSeen): void {
    const known = this.#combos.get(id);
    this.#combos.set(id, { ...combo, settled: combo.settled || known?.settled === true });
    const added: Given = { ...NOTHING, combos: known === undefined ? 1 : 0, settled: combo.settled && known?.settled !== true ? 1 : 0 };
    const person = combo.userId === null ? undefined : this.people.get(combo.userId);
    const line = this.#lines.get(combo.line);
    if (person !== undefined) Object.assign(person, addGiven(person, added));
    if (line !== undefined) Object.assign(line, addGiven(line, added));
  }
}

function groupKey(by: GiftGroup, line: GiftLine): string {
  if (by === "line") return lineKey(line);
  return (by === "gift" ? line.giftId : by === "user" ? line.userId : line.receiverId) ?? "";
}

function addWords(words: Map<string, number>, more: ReadonlyMap<string, number>): void {
  for (const [word, count] of more) words.set(word, (words.get(word) ?? 0) + count);
  if (words.size <= WORDS_MAX) return;
  const rarest = [...words].sort(([a, x], [b, y]) => x - y || (a < b ? 1 : -1));
  for (const [word] of rarest.slice(0, words.size - WORDS_KEPT)) words.delete(word);
}
