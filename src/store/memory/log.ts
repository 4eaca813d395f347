import { randomBytes } from "node:crypto";
import type { LiveEvent } from "../../events/event.js";
import { DyliveError } from "../../runtime/errors.js";
import { told } from "../../runtime/told.js";
import { AppendObservers } from "../health.js";
import type { Appended, ComboMark, Log, Page, Removal, RoomKey, Where } from "../log.js";
import { addRemoval, matches, PAGE_BYTES, type Plan, pageOf, planBackward, planForward } from "../page.js";
import { eventOf, mayReplace, type Row, rowOf, StoredEvent } from "../stored-event.js";
import { Waker } from "../waker.js";

/** Runs the calls of a store in memory until it is closed; afterwards each rejects with `stopping`. */
export class MemoryGate {
  readonly #onClose: (() => void)[] = [];
  #closed = false;

  run<T>(work: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(new DyliveError("stopping", "the store is closed"));
    return new Promise((resolve) => resolve(work()));
  }

  onClose(call: () => void): void {
    this.#onClose.push(call);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const call of this.#onClose) call();
  }
}

/** Log of one room in memory. Keeps JSON text, so that what is read is a fresh copy, as from any other store. */
export class MemoryRoomLog {
  epoch = 0;
  head = 0;
  readonly #room: RoomKey;
  readonly #rows = new Map<number, Row>();
  /** Seq by id. */
  readonly #ids = new Map<string, number>();
  readonly #combos = new Map<string, Set<number>>();
  #removals: readonly Removal[] = [];
  /** UTF-16 units of the JSON text of what is kept. */
  #units = 0;

  constructor(room: RoomKey) {
    this.#room = room;
  }

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
    return seq === undefined || row === undefined ? undefined : eventOf(this.#room, seq, row.body);
  }

  append(row: Row): number | null {
    if (this.#ids.has(row.id)) return null;
    this.head++;
    this.#ids.set(row.id, this.head);
    this.#set(this.head, row);
    return this.head;
  }

  read(after: number, limit: number, where: Where, until = Number.POSITIVE_INFINITY): Page {
    const reaching = this.#removals.filter(({ to }) => to > after);
    const plan = planForward(after, Math.min(this.head, until), reaching);
    const { found, isFull } = this.#look(plan, 1, limit, where);
    return this.#page(found, isFull ? (found.at(-1) ?? plan.from - 1) : plan.to, plan);
  }

  readBefore(before: number, limit: number, where: Where): Page {
    const reaching = this.#removals.filter(({ from }) => from < before).reverse();
    const plan = planBackward(before, this.head, reaching);
    const { found, isFull } = this.#look(plan, -1, limit, where);
    return this.#page(found.reverse(), isFull ? (found[0] ?? plan.to + 1) : plan.from, plan);
  }

  removals(after: number, until: number): readonly Removal[] {
    return this.#removals.filter(({ from, to }) => to > after && from <= until);
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
    if (row !== undefined && !mayReplace(row.id, id)) throw new DyliveError("bad_request", told`event ${seq} is ${row.id}, not ${id}`);
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

  /** Looks through a plan's range, forward or backward, until a page is full. */
  #look({ from, to }: Plan, step: 1 | -1, limit: number, where: Where): { readonly found: number[]; readonly isFull: boolean } {
    const found: number[] = [];
    let units = 0;
    for (let seq = step === 1 ? from : to; found.length < limit && units < PAGE_BYTES; seq += step) {
      if (seq < from || seq > to) return { found, isFull: false };
      const row = this.#rows.get(seq);
      if (row === undefined || !matches(row, where)) continue;
      found.push(seq);
      units += row.body.length;
    }
    return { found, isFull: true };
  }

  #page(seqs: readonly number[], scanned: number, plan: Plan): Page {
    const rows = seqs.flatMap((seq) => {
      const row = this.#rows.get(seq);
      return row === undefined ? [] : [new StoredEvent(this.#room, seq, row)];
    });
    return pageOf(rows, scanned, this.head, plan);
  }
}

/**
 * Most text that is kept of a room, in UTF-16 units, beside what was appended last: some 130,000 events, or fewer of a stranger's long
 * ones.
 */
const MAX_UNITS = 128 * 1024 * 1024;

/** Returns the log in memory of all rooms that exist: per room the newest `maxEventsPerRoom`; older ones are dropped and recorded as removed. */
export function memoryLog(rooms: ReadonlyMap<RoomKey, MemoryRoomLog>, gate: MemoryGate, maxEventsPerRoom: number): Log {
  const observers = new AppendObservers();
  const waker = new Waker();
  gate.onClose(() => waker.close());
  const append = ({
    room,
    epoch,
    rows,
  }: {
    readonly room: RoomKey;
    readonly epoch: number | null;
    readonly rows: readonly Row[];
  }): Appended => {
    const log = rooms.get(room);
    if (log === undefined || (epoch !== null && log.epoch !== epoch)) return { room, head: log?.head ?? 0, fenced: true };
    const before = log.head;
    const stored = rows.map((row) => log.append(row));
    log.trim(maxEventsPerRoom, MAX_UNITS, before);
    return { room, head: log.head, stored };
  };
  /** Returns what is known of a room by these keys, where there is something. */
  const found = <T>(room: RoomKey, keys: readonly string[], of: (log: MemoryRoomLog, key: string) => T | null): Promise<Map<string, T>> =>
    gate.run(() => {
      const log = rooms.get(room);
      const all = log === undefined ? [] : keys.map((key) => [key, of(log, key)] as const);
      return new Map(all.flatMap(([key, value]) => (value === null ? [] : [[key, value] as const])));
    });
  return {
    id: randomBytes(9).toString("base64url"),
    append: (batches) =>
      observers.during(batches, () =>
        gate.run(() => {
          const prepared = batches.map(({ room, epoch, events }) => ({ room, epoch, rows: events.map((event) => rowOf(event)) }));
          const appended = prepared.map(append);
          waker.notify(appended.filter(({ stored }) => stored?.some((seq) => seq !== null)).map(({ room }) => room));
          return appended;
        }),
      ),
    observe: (observer) => observers.add(observer),
    read: (room, after, limit, where = {}) => gate.run(() => rooms.get(room)?.read(after, limit, where) ?? pageOf([], 0, 0)),
    lines: (room, after, until, limit, where = {}) =>
      gate.run(() => {
        const { rows, scanned, removed } = rooms.get(room)?.read(after, limit, where, until) ?? pageOf([], 0, 0);
        return { bytes: Buffer.from(rows.map(({ text }) => `${text}\n`).join("")), scanned, ...(removed && { removed }) };
      }),
    removals: (room, after, until) => gate.run(() => rooms.get(room)?.removals(after, until) ?? []),
    readBefore: (room, before, limit, where = {}) => gate.run(() => rooms.get(room)?.readBefore(before, limit, where) ?? pageOf([], 1, 0)),
    heads: (asked) =>
      gate.run(() => {
        const logs = (asked ?? [...rooms.keys()]).map((room) => [room, rooms.get(room)] as const);
        return new Map(logs.map(([room, log]) => [room, { oldest: log?.oldest ?? 1, head: log?.head ?? 0 }]));
      }),
    combos: (room, ids) => found(room, ids, (log, id) => log.combo(id)),
    known: async (room, ids) => new Set((await found(room, ids, (log, id) => log.knows(id) || null)).keys()),
    byId: (room, ids) => found(room, ids, (log, id) => log.byId(id) ?? null),
    wakes: (signal) => waker.wakes(signal),
    replace: (room, events) =>
      gate.run(() => {
        const log = rooms.get(room);
        const kept = events.flatMap((event) => {
          const row = log?.kept(event.seq, event.id) ?? null;
          return row === null ? [] : [{ event, row }];
        });
        const changes = kept.filter(({ event, row }) => event.revision === row.revision);
        const made = changes.map(({ event, row }) => ({ seq: event.seq, row: rowOf(event, row.revision + 1) }));
        for (const { seq, row } of made) log?.replace(seq, row);
        return kept.filter(({ event, row }) => event.revision !== row.revision).map(({ event }) => event.seq);
      }),
    remove: (room, from, to) => gate.run(() => rooms.get(room)?.remove(from, to)),
    close: () => gate.close(),
  };
}
