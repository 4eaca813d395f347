import type { Clock } from "../../src/runtime/clock.js";
import type { RoomKey } from "../../src/store/log.js";
import type { Alias, Rooms } from "../../src/store/rooms.js";
import { Waker } from "../../src/store/waker.js";
import { type WantedRoom, type WantedRoomReport, type WantedRooms, wantedKey } from "../../src/store/wanted-rooms.js";

const KEEP_OVER_MS = 60_000;

/** Wishes of one process, for tests of those who read and serve them. */
export class MemoryWantedRooms implements WantedRooms {
  readonly #rooms: Rooms;
  readonly #clock: Clock;
  readonly #waker = new Waker();
  readonly #rows = new Map<string, WantedRoom & { readonly overAt: number | null }>();
  /** What every call rejects with: a database that is away. */
  failure: Error | null = null;

  constructor(rooms: Rooms, clock: Clock) {
    this.#rooms = rooms;
    this.#clock = clock;
  }

  async ask(name: Alias, most: number): Promise<boolean> {
    this.#fail();
    const key = wantedKey(name);
    const row = this.#rows.get(key);
    const askedAt = this.#clock.now();
    if (row === undefined && [...this.#rows.values()].filter(({ watched, overAt }) => !watched && overAt === null).length >= most)
      return false;
    this.#rows.set(key, row === undefined ? wish(name, askedAt) : { ...row, askedAt });
    if (row === undefined) this.#wake();
    return true;
  }

  async forget(what: Alias | RoomKey): Promise<void> {
    this.#fail();
    for (const { key, room } of this.#rows.values())
      if (typeof what === "number" ? room === what : key === wantedKey(what)) this.#rows.delete(key);
    this.#wake();
  }

  async sweep(idleMs: number): Promise<void> {
    this.#fail();
    const now = this.#clock.now();
    const rooms = await this.#rooms.list();
    const listed = rooms.filter(({ watch, webRid }) => watch === "on" && webRid !== null);
    const paused = rooms.filter(({ watch }) => watch === "paused");
    for (const row of this.#rows.values()) {
      const isListed = listed.some(({ room, webRid }) => room === row.room || row.key === `web_rid:${webRid}`);
      const isPaused = paused.some(({ room, webRid }) => room === row.room || row.key === `web_rid:${webRid}`);
      if (isPaused || (row.overAt !== null && now - row.overAt > KEEP_OVER_MS)) this.#rows.delete(row.key);
      else if (isListed) this.#rows.set(row.key, { ...row, watched: true });
      else if (row.watched || now - row.askedAt > idleMs) this.#rows.delete(row.key);
    }
    for (const { room, webRid } of listed) {
      const name: Alias = { kind: "web_rid", value: webRid ?? "" };
      if ([...this.#rows.values()].some((row) => row.room === room || row.key === wantedKey(name))) continue;
      this.#rows.set(wantedKey(name), { ...wish(name, now), room, watched: true });
    }
    this.#wake();
  }

  async tell(_member: number, told: readonly WantedRoomReport[]): Promise<void> {
    this.#fail();
    const now = this.#clock.now();
    for (const { key, room, told: text, over } of told) {
      const row = this.#rows.get(key);
      if (row !== undefined) this.#rows.set(key, { ...row, room, told: text, toldAt: now, overAt: over ? (row.overAt ?? now) : null });
    }
    this.#wake();
  }

  async all(): Promise<readonly WantedRoom[]> {
    this.#fail();
    return [...this.#rows.values()];
  }

  async changed(): Promise<void> {
    this.#wake();
  }

  async *wakes(signal: AbortSignal): AsyncGenerator<void> {
    for await (const _ of this.#waker.wakes(signal)) yield;
  }

  /** Says who collects the room of a wish. */
  own(key: string, owner: string | null): void {
    const row = this.#rows.get(key);
    if (row !== undefined) this.#rows.set(key, { ...row, owner, ownerId: owner === null ? null : 1 });
    this.#wake();
  }

  #fail(): void {
    if (this.failure !== null) throw this.failure;
  }

  #wake(): void {
    this.#waker.notify([0]);
  }
}

function wish(name: Alias, askedAt: number) {
  return {
    key: wantedKey(name),
    name,
    room: null,
    watched: false,
    askedAt,
    owner: null,
    ownerId: null,
    told: null,
    toldAt: null,
    overAt: null,
  };
}
