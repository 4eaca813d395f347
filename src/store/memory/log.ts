import type { LiveEvent } from "../../events/event.js";
import { DyliveError } from "../../runtime/errors.js";
import type { Appended, ComboMark, Log, Page, Removal, RoomBatch, RoomKey, Where } from "../log.js";
import { matches, PAGE_BYTES, type Plan, pageOf, planBackward, planForward } from "../page.js";
import { eventOf, type Row, rowOf, StoredEvent } from "../stored-event.js";
import { Waker } from "../waker.js";

/** Runs the calls of a store in memory until it is closed; afterwards each rejects with `stopping`. */
export class MemoryGate {
  readonly waker = new Waker();
  #closed = false;

  run<T>(work: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(new DyliveError("stopping", "the store is closed"));
    return new Promise((resolve) => resolve(work()));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.waker.close();
  }
}

/**
 * Most text that is kept of a room, in UTF-16 units, beside what was appended last: some 130,000 events, or fewer of a stranger's long
 * ones.
 */
const MAX_UNITS = 128 * 1024 * 1024;

/** Ring of the newest events of one room. Keeps JSON text, so that what is read is a fresh copy, as from any other store. */
export class MemoryRoomLog {
  epoch = 0;
  head = 0;
  readonly #room: RoomKey;
  readonly #maxEvents: number;
  readonly #maxUnits: number;
  /** Rows by seq, oldest first, without a hole. */
  readonly #rows = new Map<number, Row>();
  readonly #seqs = new Map<string, number>();
  readonly #combos = new Map<string, ComboMark & { readonly last: number }>();
  #units = 0;

  constructor(room: RoomKey, maxEvents: number, maxUnits = MAX_UNITS) {
    this.#room = room;
    this.#maxEvents = maxEvents;
    this.#maxUnits = maxUnits;
  }

  get oldest(): number {
    return this.head - this.#rows.size + 1;
  }

  knows(id: string): true | null {
    return this.#seqs.has(id) || null;
  }

  byId(id: string): LiveEvent | null {
    const seq = this.#seqs.get(id) ?? 0;
    const row = this.#rows.get(seq);
    return row === undefined ? null : eventOf(this.#room, seq, row.body);
  }

  combo(id: string): ComboMark | null {
    const { high, settled } = this.#combos.get(id) ?? {};
    return high === undefined || settled === undefined ? null : { high, settled };
  }

  /** Appends rows, and drops the oldest beyond the bounds. @returns their seqs; null for what is known */
  append(rows: readonly Row[]): readonly (number | null)[] {
    const before = this.head;
    const stored = rows.map((row) => this.#add(row));
    for (const [seq, row] of this.#rows) {
      if (this.#rows.size <= this.#maxEvents && (this.#units <= this.#maxUnits || seq > before)) break;
      this.#rows.delete(seq);
      this.#seqs.delete(row.id);
      this.#units -= row.body.length;
      if (row.comboId !== null && this.#combos.get(row.comboId)?.last === seq) this.#combos.delete(row.comboId);
    }
    return stored;
  }

  readRoom(after: number, limit: number, where: Where): Page {
    const plan = planForward(
      after,
      this.head,
      this.#dropped.filter(({ to }) => to > after),
    );
    const { found, isFull } = this.#look(plan, 1, limit, where);
    return pageOf(found, { scanned: isFull ? (found.at(-1)?.seq ?? plan.from - 1) : plan.to, head: this.head, pos: this.head }, plan);
  }

  readRoomBefore(before: number, limit: number, where: Where): Page {
    const plan = planBackward(before, this.head, this.#dropped);
    const { found, isFull } = this.#look(plan, -1, limit, where);
    found.reverse();
    return pageOf(found, { scanned: isFull ? (found[0]?.seq ?? plan.to + 1) : plan.from, head: this.head, pos: this.head }, plan);
  }

  #add(row: Row): number | null {
    if (this.#seqs.has(row.id)) return null;
    const seq = ++this.head;
    this.#rows.set(seq, row);
    this.#seqs.set(row.id, seq);
    this.#units += row.body.length;
    if (row.comboId !== null) {
      const { high = 0, settled = false } = this.#combos.get(row.comboId) ?? {};
      this.#combos.set(row.comboId, { high: Math.max(high, row.comboTotal ?? 0), settled: settled || row.settled === true, last: seq });
    }
    return seq;
  }

  get #dropped(): readonly Removal[] {
    return this.oldest > 1 ? [{ from: 1, to: this.oldest - 1 }] : [];
  }

  /** Looks through a plan's range, forward or backward, until a page is full. */
  #look({ from, to }: Plan, step: 1 | -1, limit: number, where: Where): { readonly found: StoredEvent[]; readonly isFull: boolean } {
    const found: StoredEvent[] = [];
    let units = 0;
    for (let seq = step === 1 ? from : to; found.length < limit && units < PAGE_BYTES; seq += step) {
      const row = seq < from || seq > to ? undefined : this.#rows.get(seq);
      if (row === undefined) return { found, isFull: false };
      if (!matches(row, where)) continue;
      found.push(new StoredEvent({ room: this.#room, seq, pos: seq }, row));
      units += row.body.length;
    }
    return { found, isFull: true };
  }
}

/** Returns the log in memory of all rooms that exist. It has no order of all rooms: the seq of an event stands for its position. */
export function memoryLog(rooms: ReadonlyMap<RoomKey, MemoryRoomLog>, gate: MemoryGate): Log {
  const append = ({ room, epoch, rows }: { readonly rows: readonly Row[] } & Pick<RoomBatch, "room" | "epoch">): Appended => {
    const log = rooms.get(room);
    if (log === undefined || (epoch !== null && log.epoch !== epoch)) return { room, head: log?.head ?? 0, fenced: true };
    const stored = log.append(rows);
    return { room, head: log.head, stored };
  };
  /** Returns what is known of a room by these keys. */
  const found = <T>(room: RoomKey, keys: readonly string[], of: (log: MemoryRoomLog, key: string) => T | null): Promise<Map<string, T>> =>
    gate.run(() => {
      const log = rooms.get(room);
      const all = log === undefined ? [] : keys.map((key) => [key, of(log, key)] as const);
      return new Map(all.flatMap(([key, value]) => (value === null ? [] : [[key, value] as const])));
    });
  const none = new MemoryRoomLog(0, 1);
  return {
    append: (batches) =>
      gate.run(() => {
        const prepared = batches.map(({ room, epoch, events }) => ({ room, epoch, rows: events.map((event) => rowOf(event)) }));
        const appended = prepared.map(append);
        if (appended.some(({ stored }) => stored?.some((seq) => seq !== null))) gate.waker.notify();
        return appended;
      }),
    readRoom: (room, after, limit, where = {}) => gate.run(() => (rooms.get(room) ?? none).readRoom(after, limit, where)),
    readRoomBefore: (room, before, limit, where = {}) => gate.run(() => (rooms.get(room) ?? none).readRoomBefore(before, limit, where)),
    heads: (asked = [...rooms.keys()]) =>
      gate.run(() => new Map(asked.map((room) => [room, { oldest: rooms.get(room)?.oldest ?? 1, head: rooms.get(room)?.head ?? 0 }]))),
    combos: (room, ids) => found(room, ids, (log, id) => log.combo(id)),
    known: async (room, ids) => new Set((await found(room, ids, (log, id) => log.knows(id))).keys()),
    byId: (room, ids) => found(room, ids, (log, id) => log.byId(id)),
    wakes: (signal) => gate.waker.wakes(signal),
  };
}
