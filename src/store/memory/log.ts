import { randomBytes } from "node:crypto";
import type { LiveEvent } from "../../events/event.js";
import type { Appended, ComboMark, Log, Page, RoomBatch, RoomKey, Where } from "../log.js";
import { pageOf } from "../page.js";
import { type Row, rowOf } from "../row.js";
import { Waker } from "../waker.js";
import type { MemoryGate } from "./gate.js";
import type { MemoryRoomLog, MemoryRoomLogs } from "./room-log.js";

/**
 * Most text that is kept of a room, in UTF-16 units, beside what was appended last: some 130,000 events, or fewer of a stranger's long
 * ones.
 */
const MAX_UNITS = 128 * 1024 * 1024;

/** Log in memory: per room the newest `maxEventsPerRoom`; older ones are dropped and recorded as removed. */
export class MemoryLog implements Log {
  readonly id = randomBytes(9).toString("base64url");
  readonly #rooms: MemoryRoomLogs;
  readonly #gate: MemoryGate;
  readonly #maxEventsPerRoom: number;
  readonly #waker = new Waker();

  constructor(rooms: MemoryRoomLogs, gate: MemoryGate, maxEventsPerRoom: number) {
    this.#rooms = rooms;
    this.#gate = gate;
    this.#maxEventsPerRoom = maxEventsPerRoom;
    gate.onClose(() => this.#waker.close());
  }

  append(batches: readonly RoomBatch[]): Promise<readonly Appended[]> {
    return this.#gate.run(() => {
      const prepared = batches.map(({ room, epoch, events }) => ({ room, epoch, rows: events.map((event) => rowOf(event)) }));
      const appended = prepared.map(({ room, epoch, rows }) => this.#append(room, epoch, rows));
      this.#waker.notify(appended.filter(({ stored }) => stored?.some((seq) => seq !== null)).map(({ room }) => room));
      return appended;
    });
  }

  read(room: RoomKey, after: number, limit: number, where: Where = {}): Promise<Page> {
    return this.#gate.run(() => this.#rooms.get(room)?.read(after, limit, where) ?? pageOf([], 0, 0));
  }

  readBefore(room: RoomKey, before: number, limit: number, where: Where = {}): Promise<Page> {
    return this.#gate.run(() => this.#rooms.get(room)?.readBefore(before, limit, where) ?? pageOf([], 1, 0));
  }

  heads(rooms: readonly RoomKey[] = [...this.#rooms.keys()]): Promise<ReadonlyMap<RoomKey, { oldest: number; head: number }>> {
    return this.#gate.run(() => {
      const logs = rooms.map((room) => [room, this.#rooms.get(room)] as const);
      return new Map(logs.map(([room, log]) => [room, { oldest: log?.oldest ?? 1, head: log?.head ?? 0 }]));
    });
  }

  combos(room: RoomKey, ids: readonly string[]): Promise<ReadonlyMap<string, ComboMark>> {
    return this.#gate.run(() => {
      const marks = ids.map((id) => [id, this.#rooms.get(room)?.combo(id)] as const);
      return new Map(marks.flatMap(([id, mark]) => (mark === null || mark === undefined ? [] : [[id, mark] as const])));
    });
  }

  known(room: RoomKey, ids: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#gate.run(() => new Set(ids.filter((id) => this.#rooms.get(room)?.knows(id))));
  }

  byId(room: RoomKey, ids: readonly string[]): Promise<ReadonlyMap<string, LiveEvent>> {
    return this.#gate.run(() => {
      const events = ids.map((id) => [id, this.#rooms.get(room)?.byId(id)] as const);
      return new Map(events.flatMap(([id, event]) => (event === undefined ? [] : [[id, event] as const])));
    });
  }

  wakes(signal: AbortSignal): AsyncIterable<ReadonlySet<RoomKey>> {
    return this.#waker.wakes(signal);
  }

  replace(room: RoomKey, events: readonly LiveEvent[]): Promise<void> {
    return this.#gate.run(() => {
      const log = this.#rooms.get(room);
      const changes = events.map((event) => [event.seq, replacement(log, event)] as const);
      for (const [seq, row] of changes) if (row !== null) log?.replace(seq, row);
    });
  }

  remove(room: RoomKey, from: number, to: number, _reason: "retention"): Promise<void> {
    return this.#gate.run(() => this.#rooms.get(room)?.remove(from, to));
  }

  close(): Promise<void> {
    return this.#gate.close();
  }

  #append(room: RoomKey, epoch: number, rows: readonly Row[]): Appended {
    const log = this.#rooms.get(room);
    if (log === undefined || log.epoch !== epoch) return { room, head: log?.head ?? 0, fenced: true };
    const before = log.head;
    const stored = rows.map((row) => log.append(row));
    log.trim(this.#maxEventsPerRoom, MAX_UNITS, before);
    return { room, head: log.head, stored };
  }
}

function replacement(log: MemoryRoomLog | undefined, event: LiveEvent): Row | null {
  const kept = log?.kept(event.seq, event.id) ?? null;
  return kept === null ? null : rowOf(event, kept.revision + 1);
}
