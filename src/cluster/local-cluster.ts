import { type Report, reportOf } from "../collector/report.js";
import { breathe, type Clock, steadyMs } from "../runtime/clock.js";
import { ANY_NUMBER, type Changes, type Lease, type Membership, type Uncollected, type WantedRooms, wantedKey } from "../store/cluster.js";
import type { RoomKey } from "../store/log.js";
import { type Alias, allRooms, type RoomRow, type RoomSettings, type Rooms } from "../store/rooms.js";
import { sameSettings } from "./settings.js";
import type { CollectedRoom, Publisher } from "./status-publisher.js";
import { RoomWaiters, type ViewedRoom, type WantedRoomsView } from "./wanted-rooms-view.js";

/** Time for which "no such account" is kept, in ms: a client that polls a wrong id must not make us poll the platform. */
const KEEP_OVER_MS = 60_000;
/** Rooms whose collections begin in one turn of the event loop: a server that starts may have thousands. */
const TAKEN_TOGETHER = 50;
/** Report on a room whose collector is about to begin. */
const BEFORE: Report = { status: null, state: "resolving", problem: null, reason: "its collection begins" };

/** A room of the store, as far as it decides what is collected. */
type ListedRoom = Pick<RoomRow, "webRid" | "watch" | "settings">;

/** A wanted room of this process, whose report is its collector as it is now. */
class LocalRoom implements ViewedRoom {
  readonly key: string;
  readonly owner = "this process";
  readonly unowned = null;
  lease: Lease;
  /** When somebody asked for it last, by {@link steadyMs}. */
  askedAt: number;
  /** Counted among those that somebody asked for, while it is not on the watch list. */
  onDemand: boolean;
  readonly #collected: () => CollectedRoom | undefined;
  readonly #onMoved: (from: RoomKey | null, to: RoomKey) => void;
  #room: RoomKey | null = null;
  #overAt: number | null = null;

  /** @param onMoved told which room it is, and which it was before */
  constructor(
    lease: Lease,
    askedAt: number,
    onDemand: boolean,
    collected: () => CollectedRoom | undefined,
    onMoved: (from: RoomKey | null, to: RoomKey, room: LocalRoom) => void,
  ) {
    this.key = lease.key;
    this.lease = lease;
    this.askedAt = askedAt;
    this.onDemand = onDemand;
    this.#collected = collected;
    this.#onMoved = (from, to) => onMoved(from, to, this);
    this.#is(lease.room);
  }

  get name(): Alias {
    return this.lease.name;
  }

  get room(): RoomKey | null {
    this.#is(this.#collected()?.collector.room ?? null); // a name may lead to another room by now
    return this.#room;
  }

  #is(room: RoomKey | null): void {
    if (room === null || room === this.#room) return;
    this.#onMoved(this.#room, room);
    this.#room = room;
  }

  /** Whether its collector has ended by itself: there is no such account, or it came upon a room that is paused. */
  get isOver(): boolean {
    return this.#collected()?.over ?? false;
  }

  get report(): Report {
    const collector = this.#collected()?.collector;
    return collector === undefined ? BEFORE : reportOf(collector);
  }

  /** Whether it has come to nothing a while ago, or upon a pause: that lasts only as long as the store says so. */
  isPast(now: number): boolean {
    if (this.report.state === "paused") return true;
    this.#overAt = this.isOver ? (this.#overAt ?? now) : null;
    return this.#overAt !== null && now - this.#overAt >= KEEP_OVER_MS;
  }
}

/**
 * Cluster of one process: it has every lease at once, and what is wanted and told is in its memory. The watch list is the store's, which this
 * process alone changes: it is read once, then each room that changed.
 */
export class LocalCluster
  implements WantedRoomsView, Pick<WantedRooms, "ask" | "forget" | "sweep" | "changed">, Pick<Membership, "claim" | "release" | "leave">
{
  readonly isFresh = true;
  readonly publisher: Publisher;
  readonly #rooms: Rooms;
  readonly #clock: Clock;
  readonly #onChanges: (changes: Changes) => void;
  readonly #waiters: RoomWaiters;
  readonly #wanted = new Map<string, LocalRoom>();
  /** The same by their rooms, as far as these are known. */
  readonly #byRoom = new Map<RoomKey, Set<LocalRoom>>();
  #collected: Parameters<Publisher["start"]>[0] = () => new Map();
  /** Rooms that are on the watch list or wanted, as they were last read. */
  readonly #listed = new Map<RoomKey, ListedRoom>();
  #isRead = false;
  #reading: Promise<unknown> = Promise.resolve();

  /** @param onChanges told which rooms are to be collected, and which are not any more */
  constructor(rooms: Rooms, clock: Clock, onChanges: (changes: Changes) => void) {
    this.#rooms = rooms;
    this.#clock = clock;
    this.#onChanges = onChanges;
    this.#waiters = new RoomWaiters(clock);
    this.publisher = {
      start: (collected) => {
        this.#collected = collected;
      },
      changed: (keys) => {
        for (const key of keys) void this.#wanted.get(key)?.room; // it may have met its room
        this.#waiters.wake(keys);
      },
      forget: () => {},
      stop: () => {},
    };
  }

  async start(): Promise<void> {}

  stop(): void {
    this.#waiters.wake();
  }

  of(name: Alias): ViewedRoom | undefined {
    return this.#wanted.get(wantedKey(name));
  }

  ofRoom(room: RoomKey): ViewedRoom | undefined {
    const named = [...(this.#byRoom.get(room) ?? [])].filter((one) => one.room === room);
    return named.find(({ isOver }) => !isOver) ?? named[0];
  }

  all(): readonly LocalRoom[] {
    return [...this.#wanted.values()];
  }

  async read(): Promise<void> {}

  next(key: string, ms: number, signal: AbortSignal): Promise<void> {
    return this.#waiters.next(key, ms, signal);
  }

  async ask(name: Alias, most: number, settings?: Partial<RoomSettings>): Promise<boolean> {
    const known = this.#wanted.get(wantedKey(name));
    const onDemand = most < ANY_NUMBER;
    if (known !== undefined) {
      known.askedAt = steadyMs(this.#clock);
      known.onDemand ||= onDemand;
      return true;
    }
    const others = this.all().filter((one) => one.onDemand && !one.lease.watched && !one.isOver);
    if (new Set(others.map(({ room, key }) => room ?? key)).size >= most) return false;
    const lease: Lease = { key: wantedKey(name), name, room: null, watched: false, settings: null, how: "free" };
    this.#take([settings === undefined ? lease : { ...lease, asked: settings }], onDemand);
    return true;
  }

  async forget(what: Alias | RoomKey): Promise<void> {
    if (typeof what === "number") await this.#read([what]);
    const row = typeof what === "number" ? (this.#listed.get(what) ?? null) : undefined;
    const named = typeof what === "number" ? [...(this.#byRoom.get(what) ?? [])] : [this.#wanted.get(wantedKey(what)) ?? []].flat();
    const forgotten = named.filter(({ room }) => typeof what !== "number" || room === what);
    this.#drop(forgotten.map(({ key }) => ({ key, uncollected: uncollectedOf(row) })));
  }

  async sweep(idleMs: number, rooms: readonly RoomKey[] = []): Promise<void> {
    await this.#read(rooms);
    const now = steadyMs(this.#clock);
    const lost: Changes["lost"][number][] = [];
    const changed: Lease[] = [];
    const collected = new Set<RoomKey>();
    for (const wanted of this.all()) {
      const { key, room, lease } = wanted;
      if (this.#waiters.has(key)) wanted.askedAt = now;
      const row = room === null ? undefined : this.#listed.get(room);
      const paused = row?.watch === "paused";
      const listed = row?.watch === "on" && row.webRid !== null;
      const isIdle = !listed && (lease.watched || now - wanted.askedAt >= idleMs);
      if (paused || isIdle || wanted.isPast(now)) {
        lost.push({ key, uncollected: uncollectedOf(row ?? (room === null ? undefined : null)) });
        continue;
      }
      if (row === undefined || room === null) continue;
      if (listed) collected.add(room);
      if (lease.asked !== undefined && !listed) continue; // the settings that it is being added with are not stored yet
      if (lease.watched === listed && lease.room === room && lease.settings !== null && sameSettings(lease.settings, row.settings))
        continue;
      wanted.lease = { key, name: lease.name, room, watched: listed, settings: row.settings, how: lease.how };
      changed.push(wanted.lease);
    }
    this.#drop(lost);
    if (changed.length > 0) this.#onChanges({ taken: [], changed, lost: [], surplus: [] });
    const taken: (Lease & { readonly room: RoomKey })[] = [];
    for (const [room, { webRid, watch, settings }] of this.#listed) {
      if (watch !== "on" && !this.#byRoom.has(room)) this.#listed.delete(room);
      if (watch !== "on" || webRid === null || collected.has(room)) continue;
      const name = numberOf(webRid);
      const key = wantedKey(name);
      if (!this.#wanted.has(key)) taken.push({ key, name, room, watched: true, settings, how: "free" });
    }
    void this.#takeInTurns(taken);
  }

  /** Begins collections, some at a time: who waits for the watch list to be read need not wait for all of thousands. */
  async #takeInTurns(taken: readonly (Lease & { readonly room: RoomKey })[]): Promise<void> {
    for (let at = 0; at < taken.length; at += TAKEN_TOGETHER) {
      if (at > 0) await breathe();
      const isDue = ({ key, room }: (typeof taken)[number]) => this.#listed.get(room)?.watch === "on" && !this.#wanted.has(key);
      this.#take(taken.slice(at, at + TAKEN_TOGETHER).filter(isDue), false);
    }
  }

  /** Reads the watch list once, then these rooms and those that were met meanwhile, one reading at a time: what was read last is newest. */
  #read(changed: readonly RoomKey[]): Promise<void> {
    const turn = this.#reading.then(async () => {
      if (!this.#isRead) for (const row of await allRooms(this.#rooms, { watch: "on" })) this.#list(row.room, row);
      this.#isRead = true;
      const met = [...this.#byRoom.keys()].filter((room) => !this.#listed.has(room));
      for (const room of new Set([...changed, ...met])) this.#list(room, await this.#rooms.get(room));
    });
    this.#reading = turn.catch(() => {});
    return turn;
  }

  #list(room: RoomKey, row: RoomRow | null): void {
    if (row === null) this.#listed.delete(room);
    else this.#listed.set(room, { webRid: row.webRid, watch: row.watch, settings: row.settings });
  }

  /** Does nothing: what changes the watch list here sweeps, too. */
  async changed(): Promise<void> {}

  claim(_key: string, room: RoomKey): Promise<number> {
    return this.#rooms.claim(room);
  }

  async release(): Promise<void> {}

  async leave(): Promise<void> {}

  #take(leases: readonly Lease[], onDemand: boolean): void {
    if (leases.length === 0) return;
    const now = steadyMs(this.#clock);
    for (const lease of leases)
      this.#wanted.set(
        lease.key,
        new LocalRoom(
          lease,
          now,
          onDemand,
          () => this.#collected().get(lease.key),
          (from, to, room) => this.#moved(from, to, room),
        ),
      );
    this.#onChanges({ taken: leases, changed: [], lost: [], surplus: [] });
  }

  #drop(lost: Changes["lost"]): void {
    if (lost.length === 0) return;
    for (const { key } of lost) {
      const wanted = this.#wanted.get(key);
      this.#wanted.delete(key);
      if (wanted !== undefined) this.#moved(wanted.room, null, wanted);
    }
    this.#onChanges({ taken: [], changed: [], lost, surplus: [] });
    this.#waiters.wake(lost.map(({ key }) => key));
  }

  #moved(from: RoomKey | null, to: RoomKey | null, wanted: LocalRoom): void {
    const before = from === null ? undefined : this.#byRoom.get(from);
    before?.delete(wanted);
    if (from !== null && before?.size === 0) this.#byRoom.delete(from);
    if (to === null) return;
    const now = this.#byRoom.get(to) ?? new Set();
    this.#byRoom.set(to, now.add(wanted));
  }
}

/** Returns why nobody collects a room that this process lets go, which is all there is. @param row null when the room was deleted: it has no log */
function uncollectedOf(row: Pick<RoomRow, "watch"> | null | undefined): Uncollected | null {
  if (row === null) return null;
  return row?.watch === "paused" ? "paused" : "unwanted";
}

function numberOf(webRid: string): Alias {
  return { kind: "web_rid", value: webRid };
}
