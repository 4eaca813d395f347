import type { LiveEvent, NewEvent } from "../../src/events/event.js";
import type { Log, Page, RoomKey, Where } from "../../src/store/log.js";
import { pageOf } from "../../src/store/page.js";
import type { Positions } from "../../src/store/positions.js";
import { rowOf } from "../../src/store/row.js";
import { StoredEvent } from "../../src/store/stored-event.js";
import type { TokenRow, Tokens } from "../../src/store/tokens.js";

/** The least a log must do for the API, with bounded steps like the real ones. */
export class FakeLog {
  readonly id: string = "log-one";
  readonly rooms = new Map<RoomKey, LiveEvent[]>();
  reads = 0;
  /** Sequence numbers that one read looks at. */
  span = 10_000;
  readonly #wakers = new Set<(room: RoomKey) => void>();

  add(room: RoomKey, ...events: NewEvent[]): void {
    const log = this.rooms.get(room) ?? [];
    this.rooms.set(room, log);
    for (const event of events) log.push({ ...event, seq: log.length + 1 });
    for (const wake of this.#wakers) wake(room);
  }

  async read(room: RoomKey, after: number, limit: number, where: Where = {}): Promise<Page> {
    this.reads++;
    const log = this.rooms.get(room) ?? [];
    const looked = log.slice(after, after + this.span);
    const events = looked.filter((event) => holds(event, where)).slice(0, limit);
    const full = events.length === limit ? events.at(-1)?.seq : undefined;
    return pageOf(events.map(stored), full ?? Math.max(after, looked.at(-1)?.seq ?? 0), log.length);
  }

  async readBefore(room: RoomKey, before: number, limit: number, where: Where = {}): Promise<Page> {
    this.reads++;
    const log = this.rooms.get(room) ?? [];
    const start = Math.max(0, before - 1 - this.span);
    const events = log
      .slice(start, before - 1)
      .filter((event) => holds(event, where))
      .slice(-limit);
    const full = events.length === limit ? events[0]?.seq : undefined;
    return pageOf(events.map(stored), full ?? start + 1, log.length);
  }

  async heads(rooms: readonly RoomKey[] = []): Promise<ReadonlyMap<RoomKey, { oldest: number; head: number }>> {
    return new Map(rooms.map((room) => [room, { oldest: 1, head: this.rooms.get(room)?.length ?? 0 }]));
  }

  async *wakes(signal: AbortSignal): AsyncIterable<ReadonlySet<RoomKey>> {
    let woken = new Set<RoomKey>();
    let ring = () => {};
    const wake = (room: RoomKey) => {
      woken.add(room);
      ring();
    };
    signal.addEventListener("abort", () => ring());
    this.#wakers.add(wake);
    try {
      while (!signal.aborted) {
        if (woken.size === 0) await new Promise<void>((resolve) => (ring = resolve));
        const now = woken;
        woken = new Set();
        yield now;
      }
    } finally {
      this.#wakers.delete(wake);
    }
  }
}

/** Positions that can be made to fail or to take their time. */
export class FakePositions implements Positions {
  readonly rows = new Map<string, number>();
  failing = false;
  /** Awaited before a position is on "disk". */
  gate: Promise<void> = Promise.resolve();

  async get(reader: string, room: RoomKey): Promise<number | null> {
    return this.rows.get(`${reader} ${room}`) ?? null;
  }

  async set(reader: string, room: RoomKey, seq: number): Promise<void> {
    await this.gate;
    if (this.failing) throw new Error("disk full");
    this.rows.set(`${reader} ${room}`, seq);
  }

  async forget(reader: string): Promise<void> {
    await this.forgetAll(`${reader} `);
  }

  async forgetAll(prefix: string): Promise<void> {
    for (const key of this.rows.keys()) if (key.startsWith(prefix)) this.rows.delete(key);
  }
}

/** Tokens in memory. */
export class FakeTokens implements Tokens {
  readonly rows: TokenRow[] = [];
  /** Tokens whose use was noted, in order. */
  readonly touches: string[] = [];

  async add(row: TokenRow): Promise<void> {
    this.rows.push(row);
  }

  async find(hash: string): Promise<TokenRow | null> {
    return this.rows.find((row) => row.hash === hash && row.revokedAt === null) ?? null;
  }

  async findAll(hashes: readonly string[]): Promise<ReadonlyMap<string, TokenRow>> {
    const found = this.rows.filter((row) => hashes.includes(row.hash) && row.revokedAt === null);
    return new Map(found.map((row) => [row.hash, row]));
  }

  async list(): Promise<readonly TokenRow[]> {
    return this.rows;
  }

  async revoke(id: string, at: number): Promise<boolean> {
    const index = this.rows.findIndex((row) => row.id === id && row.revokedAt === null);
    const row = this.rows[index];
    if (row === undefined) return false;
    this.rows[index] = { ...row, revokedAt: at };
    return true;
  }

  async touch(id: string, at: number): Promise<void> {
    this.touches.push(id);
    const index = this.rows.findIndex((row) => row.id === id);
    const row = this.rows[index];
    if (row !== undefined) this.rows[index] = { ...row, lastUsedAt: at };
  }
}

/** The fake as the log it stands in for: the API uses no more of it. */
export function asLog(fake: FakeLog): Log {
  return fake as unknown as Log;
}

function stored(event: LiveEvent): StoredEvent {
  return new StoredEvent(event.seq, rowOf(event));
}

function holds(event: LiveEvent, where: Where): boolean {
  return (
    (where.types === undefined || where.types.includes(event.type)) &&
    (where.sessionId === undefined || where.sessionId === event.sessionId)
  );
}
