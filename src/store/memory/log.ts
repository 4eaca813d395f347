import { randomBytes } from "node:crypto";
import type { LiveEvent } from "../../events/event.js";
import { DyliveError } from "../../runtime/errors.js";
import { told } from "../../runtime/told.js";
import { AppendObservers } from "../health.js";
import type { Appended, ComboMark, Log, LogPage, Page, Removal, RoomKey, RoomRemoval, Where } from "../log.js";
import { logPageOf, matches, PAGE_BYTES, type Plan, pageOf, planBackward, planForward } from "../page.js";
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

interface KeptRow extends Row {
  /** Position in the whole log. */
  readonly pos: number;
}

/** Log of one room in memory. Keeps JSON text, so that what is read is a fresh copy, as from any other store. */
export class MemoryRoomLog {
  epoch = 0;
  head = 0;
  readonly #room: RoomKey;
  readonly #rows = new Map<number, KeptRow>();
  /** Seq by id. */
  readonly #ids = new Map<string, number>();
  readonly #combos = new Map<string, Set<number>>();
  #removals: readonly (Removal & { readonly pos: number })[] = [];
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

  /** @param pos position in the whole log, if the event is new */
  append(row: Row, pos: number): number | null {
    if (this.#ids.has(row.id)) return null;
    this.head++;
    this.#ids.set(row.id, this.head);
    this.#set(this.head, { ...row, pos });
    return this.head;
  }

  /** Newest seq whose position is at most `pos`. */
  seqAt(pos: number): number {
    let low = this.oldest;
    let high = this.head + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const kept = this.#keptFrom(middle);
      if (kept !== null && kept.pos <= pos) low = kept.seq + 1;
      else high = middle;
    }
    const next = this.#keptFrom(low)?.seq ?? this.head + 1;
    const lost = this.#removals.find((one) => one.to === next - 1 && one.pos > pos);
    return (lost?.from ?? next) - 1;
  }

  /** Removed ranges that end after one position and at most at another. */
  removedAt(after: number, until: number): readonly RoomRemoval[] {
    return this.#removals.flatMap((one) => (one.pos > after && one.pos <= until ? [{ ...one, room: this.#room }] : []));
  }

  /** @param end newest position of the whole log @param until seq after which nothing is looked at */
  read(after: number, limit: number, where: Where, end: number, until = Number.POSITIVE_INFINITY): Page {
    const reaching = this.#removals.filter(({ to }) => to > after);
    const plan = planForward(after, Math.min(this.head, until), reaching);
    const { found, isFull } = this.#look(plan, 1, limit, where);
    const scanned = isFull ? (found.at(-1) ?? plan.from - 1) : plan.to;
    return this.#page(found, { scanned, pos: (this.#keptFrom(scanned + 1)?.pos ?? end + 1) - 1 }, plan);
  }

  readRoomBefore(before: number, limit: number, where: Where, end: number): Page {
    const reaching = this.#removals.filter(({ from }) => from < before).reverse();
    const plan = planBackward(before, this.head, reaching);
    const { found, isFull } = this.#look(plan, -1, limit, where);
    return this.#page(found.reverse(), { scanned: isFull ? (found[0] ?? plan.to + 1) : plan.from, pos: end }, plan);
  }

  removals(after: number, until: number): readonly Removal[] {
    return this.#removals.flatMap(({ from, to }) => (to > after && from <= until ? [{ from, to }] : []));
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
  kept(seq: number, id: string): KeptRow | null {
    const row = this.#rows.get(seq);
    if (row !== undefined && !mayReplace(row.id, id)) throw new DyliveError("bad_request", told`event ${seq} is ${row.id}, not ${id}`);
    return row ?? null;
  }

  replace(seq: number, row: KeptRow): void {
    this.#ids.delete(this.#rows.get(seq)?.id ?? row.id);
    this.#ids.set(row.id, seq);
    this.#unlink(seq);
    this.#set(seq, row);
  }

  remove(from: number, to: number): void {
    const range = { from: Math.max(from, 1), to: Math.min(to, this.head) };
    if (range.to < range.from) return;
    let pos = 0;
    for (let seq = range.from; seq <= range.to; seq++) {
      const row = this.#rows.get(seq);
      if (row === undefined) continue;
      pos = row.pos;
      this.#unlink(seq);
      this.#ids.delete(row.id);
      this.#rows.delete(seq);
    }
    const near = this.#removals.filter((one) => one.to >= range.from - 1 && one.from <= range.to + 1);
    const merged = {
      from: Math.min(range.from, ...near.map((one) => one.from)),
      to: Math.max(range.to, ...near.map((one) => one.to)),
      pos: Math.max(pos, ...near.map((one) => one.pos)),
    };
    this.#removals = [...this.#removals.filter((one) => !near.includes(one)), merged].sort((a, b) => a.from - b.from);
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

  #set(seq: number, row: KeptRow): void {
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

  #page(seqs: readonly number[], at: { readonly scanned: number; readonly pos: number }, plan: Plan): Page {
    return pageOf(
      seqs.flatMap((seq) => this.#stored(seq) ?? []),
      { ...at, head: this.head },
      plan,
    );
  }

  /** Events whose position is > after, oldest first. */
  *after(after: number): Generator<StoredEvent, void> {
    for (let stored = this.#keptFrom(this.seqAt(after) + 1); stored !== null; stored = this.#keptFrom(stored.seq + 1)) yield stored;
  }

  /** Returns the first kept event from a seq on. */
  #keptFrom(from: number): StoredEvent | null {
    for (let seq = Math.max(from, this.oldest); seq <= this.head; seq++) {
      const stored = this.#stored(seq);
      if (stored !== null) return stored;
    }
    return null;
  }

  #stored(seq: number): StoredEvent | null {
    const row = this.#rows.get(seq);
    return row === undefined ? null : new StoredEvent({ room: this.#room, seq, pos: row.pos }, row);
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
  let head = 0;
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
    const stored = rows.map((row) => {
      const seq = log.append(row, head + 1);
      if (seq !== null) head++;
      return seq;
    });
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
  const nothing = () => pageOf([], { scanned: 0, head: 0, pos: head });
  return {
    id: randomBytes(9).toString("base64url"),
    append: (batches) =>
      observers.during(batches, () =>
        gate.run(() => {
          const prepared = batches.map(({ room, epoch, events }) => ({ room, epoch, rows: events.map((event) => rowOf(event)) }));
          const appended = prepared.map(append);
          if (appended.some(({ stored }) => stored?.some((seq) => seq !== null))) waker.notify();
          return appended;
        }),
      ),
    observe: (observer) => observers.add(observer),
    read: (after, limit, where = {}) => gate.run(() => readAll(rooms, Math.min(after, head), head, limit, where)),
    readRoom: (room, after, limit, where = {}) => gate.run(() => rooms.get(room)?.read(after, limit, where, head) ?? nothing()),
    head: () => gate.run(() => head),
    seqAt: (room, pos) => gate.run(() => rooms.get(room)?.seqAt(pos) ?? 0),
    lines: (room, after, until, limit, where = {}) =>
      gate.run(() => {
        const { rows, scanned, removed } = rooms.get(room)?.read(after, limit, where, head, until) ?? nothing();
        return { bytes: Buffer.from(rows.map(({ text }) => `${text}\n`).join("")), scanned, ...(removed && { removed }) };
      }),
    removals: (room, after, until) => gate.run(() => rooms.get(room)?.removals(after, until) ?? []),
    readRoomBefore: (room, before, limit, where = {}) =>
      gate.run(() => rooms.get(room)?.readRoomBefore(before, limit, where, head) ?? pageOf([], { scanned: 1, head: 0, pos: head })),
    heads: (asked) =>
      gate.run(() => {
        const logs = (asked ?? [...rooms.keys()]).map((room) => [room, rooms.get(room)] as const);
        return new Map(logs.map(([room, log]) => [room, { oldest: log?.oldest ?? 1, head: log?.head ?? 0 }]));
      }),
    combos: (room, ids) => found(room, ids, (log, id) => log.combo(id)),
    known: async (room, ids) => new Set((await found(room, ids, (log, id) => log.knows(id) || null)).keys()),
    byId: (room, ids) => found(room, ids, (log, id) => log.byId(id) ?? null),
    wakes: (signal) => waker.wakes(signal),
    wake: () => waker.notify(),
    replace: (room, events) =>
      gate.run(() => {
        const log = rooms.get(room);
        const kept = events.flatMap((event) => {
          const row = log?.kept(event.seq, event.id) ?? null;
          return row === null ? [] : [{ event, row }];
        });
        const changes = kept.filter(({ event, row }) => event.revision === row.revision);
        const made = changes.map(({ event, row }) => ({ seq: event.seq, row: { ...rowOf(event, row.revision + 1), pos: row.pos } }));
        for (const { seq, row } of made) log?.replace(seq, row);
        return kept.filter(({ event, row }) => event.revision !== row.revision).map(({ event }) => event.seq);
      }),
    remove: (room, from, to) => gate.run(() => rooms.get(room)?.remove(from, to)),
    close: () => gate.close(),
  };
}

/** Reads the whole log: the rooms' events, of which each room has its own in order. */
function readAll(logs: ReadonlyMap<RoomKey, MemoryRoomLog>, after: number, head: number, limit: number, where: Where): LogPage {
  const own = [...logs].flatMap(([room, log]) => (where.rooms?.has(room) === false ? [] : [log]));
  const streams = own.flatMap((log) => {
    const events = log.after(after);
    const next = events.next().value;
    return next === undefined ? [] : [{ events, next }];
  });
  const found: StoredEvent[] = [];
  let units = 0;
  while (streams.length > 0 && found.length < limit && units < PAGE_BYTES) {
    const first = streams.reduce((one, other) => (other.next.pos < one.next.pos ? other : one));
    if (matches(first.next, where)) {
      found.push(first.next);
      units += first.next.text.length;
    }
    const next = first.events.next().value;
    if (next === undefined) streams.splice(streams.indexOf(first), 1);
    else first.next = next;
  }
  const scanned = found.length >= limit || units >= PAGE_BYTES ? (found.at(-1)?.pos ?? after) : head;
  const removed = own.flatMap((log) => log.removedAt(after, scanned)).sort((a, b) => a.pos - b.pos);
  return logPageOf(found, scanned, head, removed);
}
