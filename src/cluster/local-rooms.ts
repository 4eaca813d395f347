import { type Clock, monotonicMs } from "../runtime/clock.js";
import { type Assignment, type Lease, type Membership, type Uncollected, type WantedRooms, wantedKey } from "../store/cluster.js";
import type { RoomKey } from "../store/log.js";
import { type Alias, allRooms, type RoomRow, type RoomSettings, type Rooms } from "../store/rooms.js";
import type { LeasedCollectors } from "./leased-collectors.js";

interface LocalRoom {
  readonly lease: Lease;
  readonly watched: boolean;
  /** Monotonic ms. */
  askedAt: number;
}

interface LocalRoomsDeps {
  readonly rooms: Pick<Rooms, "list" | "get" | "claim">;
  readonly clock: Clock;
  readonly collectors: () => Pick<LeasedCollectors, "held" | "follow">;
}

/**
 * Wanted rooms and leases of a process that has the store for itself: they are in its memory, and every lease is its own. The watch list is
 * the store's.
 */
export class LocalRooms implements WantedRooms, Pick<Membership, "claim" | "leave"> {
  readonly #deps: LocalRoomsDeps;
  readonly #wanted = new Map<string, LocalRoom>();

  constructor(deps: LocalRoomsDeps) {
    this.#deps = deps;
  }

  async ask(name: Alias, most: number, asked?: Partial<RoomSettings>): Promise<boolean> {
    const key = wantedKey(name);
    const known = this.#wanted.get(key);
    if (known !== undefined) {
      known.askedAt = monotonicMs(this.#deps.clock);
      return true;
    }
    const onDemand = [...this.#wanted.values()].filter(({ watched }) => !watched);
    if (new Set(onDemand.map(({ lease }) => this.#roomOf(lease) ?? lease.key)).size >= most) return false;
    this.#add({ key, name, room: null, settings: null, how: null, ...(asked && { asked }) }, false);
    this.#follow();
    return true;
  }

  async forget(what: Alias | RoomKey): Promise<void> {
    const row = typeof what === "number" ? await this.#deps.rooms.get(what) : null;
    for (const [key, { lease }] of this.#wanted)
      if (typeof what === "number" ? this.#roomOf(lease) === what : key === wantedKey(what)) this.#wanted.delete(key);
    this.#follow(row === null ? [] : [row]);
  }

  async sweep(idleMs: number): Promise<void> {
    const { rooms, clock } = this.#deps;
    const listed = new Map((await allRooms(rooms, { watch: "on" })).map((row) => [row.room, row]));
    const gone: RoomRow[] = [];
    const wanted = new Set<RoomKey>();
    for (const [key, { lease, watched, askedAt }] of [...this.#wanted]) {
      const room = this.#roomOf(lease);
      const row = room === null ? null : (listed.get(room) ?? (await rooms.get(room)));
      const isListed = row?.watch === "on" && row.webRid !== null;
      const isIdle = !isListed && (watched || monotonicMs(clock) - askedAt >= idleMs);
      if (row?.watch === "paused" || isIdle) {
        this.#wanted.delete(key);
        if (row !== null) gone.push(row);
        continue;
      }
      if (row === null) continue;
      if (isListed) wanted.add(row.room);
      if (lease.asked !== undefined && !isListed) continue; // the settings that it is being added with are not stored yet
      this.#wanted.set(key, { lease: { key, name: lease.name, room, settings: row.settings, how: null }, watched: isListed, askedAt });
    }
    for (const { room, webRid, settings } of listed.values()) {
      if (webRid === null || wanted.has(room)) continue;
      const name: Alias = { kind: "web_rid", value: webRid };
      if (!this.#wanted.has(wantedKey(name))) this.#add({ key: wantedKey(name), name, room, settings, how: null }, true);
    }
    this.#follow(gone);
  }

  /** Returns no rooms: this process knows its own by their collectors. */
  async all(): Promise<readonly []> {
    return [];
  }

  async report(): Promise<void> {}

  async *wakes(): AsyncGenerator<void> {}

  claim(_key: string, room: RoomKey): Promise<number> {
    return this.#deps.rooms.claim(room);
  }

  async leave(): Promise<void> {}

  #add(lease: Lease, watched: boolean): void {
    this.#wanted.set(lease.key, { lease, watched, askedAt: monotonicMs(this.#deps.clock) });
  }

  /** Returns the room of a name, which may lead to another one by now. */
  #roomOf({ key, room }: Lease): RoomKey | null {
    return this.#deps.collectors().held.get(key)?.room ?? room;
  }

  /** Hands the leases to the collectors. @param gone rooms that are no longer collected */
  #follow(gone: readonly RoomRow[] = []): void {
    const leases = [...this.#wanted.values()].map(({ lease }) => lease);
    const uncollected = new Map(gone.map(({ room, watch }): [RoomKey, Uncollected] => [room, watch === "paused" ? "paused" : "unwanted"]));
    const assignment: Assignment = { leases, uncollected, surplus: 0, lapsed: false, jobs: [] };
    this.#deps.collectors().follow(assignment);
  }
}
