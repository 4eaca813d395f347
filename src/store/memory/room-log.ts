import type { LiveEvent } from "../../events/event.js";
import { DyliveError } from "../../runtime/errors.js";
import type { ComboMark, Page, RoomKey, Where } from "../log.js";
import { addRemoval, type Plan, pageOf, planBackward, planForward, type Removal } from "../page.js";
import { matches, mayReplace, type Row } from "../row.js";
import { eventOf, StoredEvent } from "../stored-event.js";

/** Log of one room in memory. Keeps JSON text, so that what is read is a fresh copy, as from any other store. */
export class MemoryRoomLog {
  epoch = 0;
  head = 0;
  readonly #rows = new Map<number, Row>();
  /** Seq by id. */
  readonly #ids = new Map<string, number>();
  readonly #combos = new Map<string, Set<number>>();
  #removals: readonly Removal[] = [];
  /** UTF-16 units of the JSON text of what is kept. */
  #units = 0;

  get oldest(): number {
    for (const seq of this.#rows.keys()) return seq;
    return this.head + 1;
  }

  knows(id: string): boolean {
    return this.#ids.has(id);
  }

  byId(id: string): LiveEvent | undefined {
    const seq = this.#ids.get(id);
    const row = seq === undefined ? undefined : this.#rows.get(seq);
    return seq === undefined || row === undefined ? undefined : eventOf(seq, row.body);
  }

  append(row: Row): number | null {
    if (this.#ids.has(row.id)) return null;
    this.head++;
    this.#ids.set(row.id, this.head);
    this.#set(this.head, row);
    return this.head;
  }

  read(after: number, limit: number, where: Where): Page {
    const reaching = this.#removals.filter(({ to }) => to > after);
    const plan = planForward(after, this.head, reaching);
    const found: number[] = [];
    for (let seq = plan.from; seq <= plan.to && found.length < limit; seq++) if (this.#matches(seq, where)) found.push(seq);
    return this.#page(found, found.length >= limit ? (found.at(-1) ?? plan.from - 1) : plan.to, plan);
  }

  readBefore(before: number, limit: number, where: Where): Page {
    const reaching = this.#removals.filter(({ from }) => from < before).reverse();
    const plan = planBackward(before, this.head, reaching);
    const found: number[] = [];
    for (let seq = plan.to; seq >= plan.from && found.length < limit; seq--) if (this.#matches(seq, where)) found.push(seq);
    return this.#page(found.reverse(), found.length >= limit ? (found[0] ?? plan.to + 1) : plan.from, plan);
  }

  combo(id: string): ComboMark | null {
    const seqs = this.#combos.get(id);
    if (seqs === undefined) return null;
    let high = 0;
    let settled = false;
    for (const seq of seqs) {
      const row = this.#rows.get(seq);
      high = Math.max(high, row?.comboTotal ?? 0);
      settled ||= row?.settled === true;
    }
    return { high, settled };
  }

  /** Returns the kept row, or null when it was removed. */
  kept(seq: number, id: string): Row | null {
    const row = this.#rows.get(seq);
    if (row !== undefined && !mayReplace(row.id, id)) throw new DyliveError("bad_request", `event ${seq} is ${row.id}, not ${id}`);
    return row ?? null;
  }

  replace(seq: number, row: Row): void {
    this.#ids.delete(this.#rows.get(seq)?.id ?? row.id);
    this.#ids.set(row.id, seq);
    this.#unlink(seq);
    this.#set(seq, row);
  }

  remove(from: number, to: number): void {
    const range = { from: Math.max(from, 1), to: Math.min(to, this.head) };
    if (range.to < range.from) return;
    for (let seq = range.from; seq <= range.to; seq++) {
      const row = this.#rows.get(seq);
      if (row === undefined) continue;
      this.#unlink(seq);
      this.#ids.delete(row.id);
      this.#rows.delete(seq);
    }
    this.#removals = addRemoval(this.#removals, range);
  }

  /** Drops the oldest events beyond `max`, and of those up to `seq` the oldest whose text is beyond `maxUnits`. */
  trim(max: number, maxUnits: number, seq: number): void {
    let events = this.#rows.size - max;
    let units = this.#units - maxUnits;
    let last = 0;
    for (const [at, { body }] of this.#rows) {
      if (events <= 0 && (units <= 0 || at > seq)) break;
      last = at;
      events--;
      units -= body.length;
    }
    if (last > 0) this.remove(this.oldest, last);
  }

  #set(seq: number, row: Row): void {
    this.#rows.set(seq, row);
    this.#units += row.body.length;
    if (row.comboId === null) return;
    const seqs = this.#combos.get(row.comboId);
    if (seqs === undefined) this.#combos.set(row.comboId, new Set([seq]));
    else seqs.add(seq);
  }

  #unlink(seq: number): void {
    const row = this.#rows.get(seq);
    this.#units -= row?.body.length ?? 0;
    const comboId = row?.comboId;
    if (comboId === undefined || comboId === null) return;
    const seqs = this.#combos.get(comboId);
    seqs?.delete(seq);
    if (seqs?.size === 0) this.#combos.delete(comboId);
  }

  #matches(seq: number, where: Where): boolean {
    const row = this.#rows.get(seq);
    return row !== undefined && matches(row, where);
  }

  #page(seqs: readonly number[], scanned: number, plan: Plan): Page {
    const rows = seqs.flatMap((seq) => {
      const row = this.#rows.get(seq);
      return row === undefined ? [] : [new StoredEvent(seq, row)];
    });
    return pageOf(rows, scanned, this.head, plan);
  }
}

/** Logs of all rooms that exist. */
export type MemoryRoomLogs = Map<RoomKey, MemoryRoomLog>;
