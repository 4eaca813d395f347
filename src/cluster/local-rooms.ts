import { breathe, type Clock, steadyMs } from "../runtime/clock.js";
import { ANY_NUMBER, type Changes, type Lease, type Membership, type Uncollected, type WantedRooms, wantedKey } from "../store/cluster.js";
import type { RoomKey } from "../store/log.js";
import { type Alias, allRooms, type RoomRow, type RoomSettings, type Rooms } from "../store/rooms.js";
import type { CollectedRoom } from "./leased-collectors.js";
import { sameSettings } from "./settings.js";

/** Time for which "no such account" is kept, in ms: a client that polls a wrong id must not make us poll the platform. */
const KEEP_OVER_MS = 60_000;
/** Rooms whose collections begin in one turn of the event loop: a server that starts may have thousands. */
const TAKEN_TOGETHER = 50;
const NOTHING: Changes = { taken: [], changed: [], lost: [], surplus: [] };

/** A wanted room. Times are monotonic ms. */
interface LocalRoom {
  lease: Lease;
  askedAt: number;
  /** Counted among the rooms on demand, while it is not on the watch list. */
  onDemand: boolean;
  /** When its collector was first seen to have ended by itself. */
  overAt: number | null;
}

interface LocalRoomsDeps {
  readonly rooms: Rooms;
  readonly clock: Clock;
  /** Collectors of this process, by the keys of the names that their rooms are wanted by. */
  readonly collected: () => ReadonlyMap<string, Pick<CollectedRoom, "collector" | "over">>;
  readonly onChanges: (changes: Changes) => void;
}

/**
 * Wanted rooms and leases of a process that has the store for itself: they are in its memory, and every lease is its own. The watch list is
 * the store's, which this process alone changes: it is read once, then each room that changed.
 */
export class LocalRooms
  implements Pick<WantedRooms, "ask" | "forget" | "sweep" | "changed">, Pick<Membership, "claim" | "release" | "leave">
{
  readonly #deps: LocalRoomsDeps;
  readonly #wanted = new Map<string, LocalRoom>();
  /** Rooms that are on the watch list or wanted, as they were last read. */
  readonly #listed = new Map<RoomKey, Pick<RoomRow, "webRid" | "watch" | "settings">>();
  #isRead = false;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(deps: LocalRoomsDeps) {
    this.#deps = deps;
  }

  async ask(name: Alias, most: number, settings?: Partial<RoomSettings>): Promise<boolean> {
    const key = wantedKey(name);
    const onDemand = most < ANY_NUMBER;
    const known = this.#wanted.get(key);
    if (known !== undefined) {
      known.askedAt = steadyMs(this.#deps.clock);
      known.onDemand ||= onDemand;
      return true;
    }
    const others = [...this.#wanted.values()].filter((one) => one.onDemand && !one.lease.watched && !this.#collected(one)?.over);
    if (new Set(others.map((one) => this.#roomOf(one) ?? one.lease.key)).size >= most) return false;
    this.#take({ key, name, room: null, watched: false, settings: null, how: "free", ...(settings && { asked: settings }) }, onDemand);
    return true;
  }

  async forget(what: Alias | RoomKey): Promise<void> {
    if (typeof what === "number") await this.#read([what]);
    const isMeant = (one: LocalRoom) => (typeof what === "number" ? this.#roomOf(one) === what : one.lease.key === wantedKey(what));
    const uncollected = typeof what === "number" ? uncollectedOf(this.#listed.get(what)) : "unwanted";
    this.#drop([...this.#wanted.values()].filter(isMeant).map(({ lease: { key } }) => ({ key, uncollected })));
  }

  async sweep(idleMs: number, rooms: readonly RoomKey[] = []): Promise<void> {
    await this.#read(rooms);
    const now = steadyMs(this.#deps.clock);
    const lost: Changes["lost"][number][] = [];
    const changed: Lease[] = [];
    const collected = new Set<RoomKey>();
    for (const wanted of this.#wanted.values()) {
      const { lease, askedAt } = wanted;
      const room = this.#roomOf(wanted);
      const row = room === null ? undefined : this.#listed.get(room);
      const watched = row?.watch === "on" && row.webRid !== null;
      const isIdle = !watched && (lease.watched || now - askedAt >= idleMs);
      if (row?.watch === "paused" || isIdle || this.#isPast(wanted, now)) {
        lost.push({ key: lease.key, uncollected: room === null ? "unwanted" : uncollectedOf(row) });
        continue;
      }
      if (row === undefined || room === null) continue;
      if (watched) collected.add(room);
      if (lease.asked !== undefined && !watched) continue; // the settings that it is being added with are not stored yet
      const isSame = lease.settings !== null && sameSettings(lease.settings, row.settings);
      if (lease.watched === watched && lease.room === room && isSame) continue;
      wanted.lease = { key: lease.key, name: lease.name, room, watched, settings: row.settings, how: lease.how };
      changed.push(wanted.lease);
    }
    this.#drop(lost);
    if (changed.length > 0) this.#deps.onChanges({ ...NOTHING, changed });
    await this.#takeListed([...this.#listed.keys()].filter((room) => !collected.has(room)));
  }

  /** Does nothing: what changes the watch list here sweeps, too. */
  async changed(): Promise<void> {}

  claim(_key: string, room: RoomKey): Promise<number> {
    return this.#deps.rooms.claim(room);
  }

  async release(): Promise<void> {}

  async leave(): Promise<void> {}

  /** Begins to collect those of the rooms that are on the watch list. */
  async #takeListed(rooms: readonly RoomKey[]): Promise<void> {
    let taken = 0;
    for (const room of rooms) {
      const row = this.#listed.get(room);
      if (row?.watch !== "on" || row.webRid === null) continue;
      const name: Alias = { kind: "web_rid", value: row.webRid };
      const key = wantedKey(name);
      if (this.#wanted.has(key)) continue;
      if (taken++ % TAKEN_TOGETHER === TAKEN_TOGETHER - 1) await breathe();
      if (this.#listed.get(room) === row && !this.#wanted.has(key))
        this.#take({ key, name, room, watched: true, settings: row.settings, how: "free" }, false);
    }
  }

  /** Reads the watch list once, then these rooms and those that were met meanwhile, one reading at a time: what was read last is newest. */
  #read(changed: readonly RoomKey[]): Promise<void> {
    const turn = this.#reading.then(async () => {
      const { rooms } = this.#deps;
      if (!this.#isRead) for (const row of await allRooms(rooms, { watch: "on" })) this.#listed.set(row.room, row);
      this.#isRead = true;
      const met = new Set([...this.#wanted.values()].flatMap((one) => this.#roomOf(one) ?? []));
      for (const [room, { watch }] of this.#listed) if (watch !== "on" && !met.has(room)) this.#listed.delete(room);
      for (const room of new Set([...changed, ...[...met].filter((one) => !this.#listed.has(one))])) {
        const row = await rooms.get(room);
        if (row === null) this.#listed.delete(room);
        else this.#listed.set(room, row);
      }
    });
    this.#reading = turn.catch(() => {});
    return turn;
  }

  #collected({ lease: { key } }: LocalRoom): Pick<CollectedRoom, "collector" | "over"> | undefined {
    return this.#deps.collected().get(key);
  }

  /** Returns the room of a name, which may lead to another one by now. */
  #roomOf(wanted: LocalRoom): RoomKey | null {
    return this.#collected(wanted)?.collector.room ?? wanted.lease.room;
  }

  /** Whether it has come to nothing a while ago, or upon a pause: that lasts only as long as the store says so. */
  #isPast(wanted: LocalRoom, now: number): boolean {
    const { collector, over = false } = this.#collected(wanted) ?? {};
    wanted.overAt = over ? (wanted.overAt ?? now) : null;
    return collector?.health.state === "paused" || (wanted.overAt !== null && now - wanted.overAt >= KEEP_OVER_MS);
  }

  #take(lease: Lease, onDemand: boolean): void {
    this.#wanted.set(lease.key, { lease, askedAt: steadyMs(this.#deps.clock), onDemand, overAt: null });
    this.#deps.onChanges({ ...NOTHING, taken: [lease] });
  }

  #drop(lost: Changes["lost"]): void {
    for (const { key } of lost) this.#wanted.delete(key);
    if (lost.length > 0) this.#deps.onChanges({ ...NOTHING, lost });
  }
}

/** Returns why a room that this process lets go is no longer collected. @param row undefined when the room was deleted: it has no log */
function uncollectedOf(row: Pick<RoomRow, "watch"> | undefined): Uncollected | null {
  if (row === undefined) return null;
  return row.watch === "paused" ? "paused" : "unwanted";
}
