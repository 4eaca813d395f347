import { setMaxListeners } from "node:events";
import { Collector } from "../collector/collector.js";
import type { CollectorDeps } from "../collector/collector-deps.js";
import { CollectorRegistry } from "../collector/registry.js";
import { ToldAlarms } from "../collector/room-alarm.js";
import type { RoomStatus } from "../health/state.js";
import { GiftCatalogue } from "../ingest/fill-in.js";
import { HELD_MAX_BYTES } from "../platform/access/read.js";
import type { RoomName } from "../platform/links/resolve.js";
import { breathe, type Clock, inTime } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { type Budgets, type HeldBytes, RateLimiter } from "../runtime/rate-limiter.js";
import { told } from "../runtime/told.js";
import type { Changes, Lease, Membership, Uncollected, WantedRooms } from "../store/cluster.js";
import type { RoomKey } from "../store/log.js";
import { type Alias, NO_SETTINGS, type RoomRow } from "../store/rooms.js";
import { sameSettings } from "./settings.js";

/** Dependencies of {@link LeasedCollectors}. */
export interface LeasedCollectorsDeps extends CollectorDeps {
  readonly membership: Pick<Membership, "claim" | "release" | "leave">;
  readonly wantedRooms: Pick<WantedRooms, "sweep" | "changed">;
  /** ms without a request after which a room that is not on the watch list is let go. */
  readonly onDemandIdleMs: number;
  /** Rates at which a process may ask the platform and connect to it, for all of its rooms. They may change meanwhile. */
  readonly rates?: { readonly requestsPerS: number; readonly connectsPerS: number };
  /** Memory of what waits to be stored, where more than the rooms share its bound. */
  readonly held?: HeldBytes;
  readonly onError: (error: unknown) => void;
}

/** A collector, and the names that its room is wanted by. */
export interface CollectedRoom {
  readonly collector: Collector;
  readonly names: Map<Lease["key"], Alias>;
  /** Whether it has ended by itself: there is no such account, or the room is paused. */
  over: boolean;
}

/** Default rates: a page is a megabyte, a connect is cheap. */
const RATES = { requestsPerS: 5, connectsPerS: 20 };
/** Seconds' worth that may come at once after a pause: a process that is given the rooms of another must not wait. */
const BURST_S = 2;
/** Longest interval between sweeps, in ms: how soon a change of the watch list is followed that was not announced. */
const SWEEP_MS = 3000;
/** Pause before a room is tried again, in ms, whose collector found it to be another's, or of which the store does not answer. */
const RETRY_MS = 1000;
/** Longest wait for the next of the collectors that stop, in ms: what the store does not take by then is lost. */
const STOP_MS = 4000;
/** Rooms whose states are read in one turn of the event loop. */
const READ_TOGETHER = 200;
/** Most rooms that a line of the log names. */
const NAMED = 20;

/** Collects the rooms of which this process has the leases. */
export class LeasedCollectors {
  readonly #deps: LeasedCollectorsDeps;
  readonly #shared: ConstructorParameters<typeof Collector>[2];
  readonly #leases = new Map<string, Lease>();
  readonly #held = new Map<string, CollectedRoom>();
  /** The same, of collectors that know their room, by it. */
  readonly #byRoom = new Map<RoomKey, CollectedRoom>();
  /** Ends of collectors that are stopping. */
  readonly #ending = new Map<Promise<void>, Collector>();
  readonly #stop = new AbortController();
  #changed: () => void = () => {};
  #stopSweeping: () => void = () => {};
  /** Number of rooms that came to this process, by how they came. */
  readonly takeovers: Record<Lease["how"], number> = { free: 0, dead: 0 };

  constructor(deps: LeasedCollectorsDeps) {
    setMaxListeners(0, this.#stop.signal); // every room that waits for the store listens to it
    this.#deps = deps;
    const budgets = budgetsOf(deps.clock, deps.rates ?? RATES, deps.held ?? { bytes: 0, maxBytes: HELD_MAX_BYTES });
    const { log, gifts } = deps.store;
    this.#shared = { ...budgets, registry: new CollectorRegistry(), told: new ToldAlarms(log), gifts: new GiftCatalogue(gifts) };
  }

  start(): void {
    const { clock, wantedRooms, onDemandIdleMs, onError } = this.#deps;
    this.#stopSweeping = clock.every(Math.min(SWEEP_MS, onDemandIdleMs), () => void wantedRooms.sweep(onDemandIdleMs).catch(onError));
  }

  /** Calls the listener, the only one, when the state of a room may have changed. */
  onChange(listener: () => void): void {
    this.#changed = listener;
  }

  /** Collectors by the keys of the names that their rooms are wanted by. */
  get held(): ReadonlyMap<string, CollectedRoom> {
    return this.#held;
  }

  /** Returns the collector of a room; undefined until it knows its room. */
  ofRoom(room: RoomKey): CollectedRoom | undefined {
    return this.#byRoom.get(room);
  }

  /** The states of the rooms that are collected here. */
  collected(): readonly RoomStatus[] {
    return this.#all().flatMap(({ collector }) => collector.status() ?? []);
  }

  /** The same, read some at a time: everything else has its turn in between. */
  async statuses(): Promise<readonly RoomStatus[]> {
    const all: RoomStatus[] = [];
    for (const [at, { collector }] of this.#all().entries()) {
      if (at % READ_TOGETHER === READ_TOGETHER - 1) await breathe();
      const status = collector.status();
      if (status !== null) all.push(status);
    }
    return all;
  }

  /** Follows changes of the leases. */
  change({ taken, changed, lost, surplus, silentMs }: Changes): void {
    if (silentMs !== undefined) this.#deps.onError(lapsed(lost, silentMs));
    for (const { key, uncollected } of lost) {
      this.#leases.delete(key);
      this.#letGo(key, uncollected);
    }
    for (const lease of changed) {
      this.#leases.set(lease.key, lease);
      this.#obey(lease);
    }
    for (const lease of taken) {
      this.takeovers[lease.how]++;
      this.#leases.set(lease.key, lease);
      this.#begin(lease.key);
    }
    for (const key of surplus) void this.#giveUp(key).catch(this.#deps.onError);
  }

  /** Ends every collection, and leaves the cluster: others take the rooms then. */
  async stop(): Promise<void> {
    const { membership, onError, clock } = this.#deps;
    this.#stopSweeping();
    this.#stop.abort();
    this.#leases.clear();
    for (const key of [...this.#held.keys()]) this.#letGo(key);
    // Also of rooms that were let go a moment ago.
    for (let left = Number.POSITIVE_INFINITY; this.#ending.size > 0 && this.#ending.size < left; ) {
      left = this.#ending.size;
      await inTime(Promise.all(this.#ending.keys()), STOP_MS, clock).catch(() => {});
    }
    if (this.#ending.size > 0) onError(leftBy([...this.#ending.values()]));
    await membership.leave().catch(onError);
  }

  #all(): readonly CollectedRoom[] {
    return [...new Set(this.#held.values())];
  }

  /** Begins to collect a room of which this process has the lease, unless it does so already, by this name or another. */
  #begin(key: string): void {
    const open = async () => {
      const row = await this.#rowOf(key);
      const lease = this.#leases.get(key);
      if (lease === undefined || this.#held.has(key) || this.#stop.signal.aborted) return;
      const twin = row === null ? undefined : this.#byRoom.get(row.room);
      if (twin === undefined || twin.over) this.#hold(lease, row);
      else this.#attach(lease, twin);
    };
    void open().catch((error: unknown) => {
      if (!this.#stop.signal.aborted) this.#deps.onError(error);
    });
  }

  /** Returns what the store knows of the room; asks until the store answers. */
  async #rowOf(key: string): Promise<RoomRow | null> {
    const { store, clock } = this.#deps;
    for (;;) {
      const lease = this.#leases.get(key);
      if (lease === undefined) return null;
      try {
        const room = lease.room ?? (await store.rooms.find(lease.name));
        return room === null ? null : await store.rooms.get(room);
      } catch {
        await clock.sleep(RETRY_MS, this.#stop.signal);
      }
    }
  }

  #attach({ key, name }: Lease, twin: CollectedRoom): void {
    twin.names.set(key, name);
    this.#held.set(key, twin);
    this.#changed();
  }

  #hold(lease: Lease, row: RoomRow | null): void {
    const names = new Map([[lease.key, lease.name]]);
    const onMet = () => {
      if (collector.room !== null && names.size > 0) this.#byRoom.set(collector.room, held);
      this.#changed();
    };
    const ownership = { claim: (room: RoomKey) => this.#claim(names.keys(), room), onMet };
    const name = lease.name as RoomName; // only these kinds are wanted
    const settings = { ...(row?.settings ?? NO_SETTINGS), ...lease.asked };
    const collector = new Collector(name, this.#deps, this.#shared, settings, row, ownership);
    const held: CollectedRoom = { collector, names, over: false };
    this.#held.set(lease.key, held);
    collector.health.onChange(() => this.#changed());
    this.#changed();
    void collector.run().then(() => {
      this.#ended(held);
      this.#changed();
    });
  }

  /** Claims the room by whichever of its names is this process's. */
  async #claim(keys: Iterable<string>, room: RoomKey): Promise<number | null> {
    for (const key of [...keys]) {
      const epoch = await this.#deps.membership.claim(key, room);
      if (epoch !== null) return epoch;
    }
    return null;
  }

  /** Handles a collector that has ended by itself, or was stopped. */
  #ended(held: CollectedRoom): void {
    const { ending } = held.collector;
    if (ending?.why !== "twin" && ending?.why !== "lost" && ending?.why !== "moved") {
      held.over = true;
      return;
    }
    const keys = this.#letGoAll(held);
    const twin = ending.why === "twin" ? this.#all().find(({ collector }) => collector === ending.of) : undefined;
    if (twin !== undefined) {
      for (const lease of keys.flatMap((key) => this.#leases.get(key) ?? [])) this.#attach(lease, twin);
      return;
    }
    // Mostly the next beat says that they are another's, or the name leads to another room by now.
    void this.#deps.clock.sleep(RETRY_MS, this.#stop.signal).then(
      () => this.#resume(keys),
      () => {},
    );
  }

  #resume(keys: readonly string[]): void {
    for (const key of keys) if (this.#leases.has(key) && !this.#held.has(key)) this.#begin(key);
  }

  /** Starts the collection of a room over, with its changed settings. */
  #obey({ key, settings }: Lease): void {
    const held = this.#held.get(key);
    if (held === undefined || settings === null || sameSettings(held.collector.settings, settings)) return;
    const keys = this.#letGoAll(held);
    void held.collector.stop().then(() => this.#resume(keys));
  }

  /** Ends a room's collection and releases its lease, so that another process goes on where this one ended. */
  async #giveUp(key: string): Promise<void> {
    const { membership, wantedRooms, clock } = this.#deps;
    const held = this.#held.get(key);
    for (const one of held === undefined ? [key] : this.#letGoAll(held)) this.#leases.delete(one);
    await held?.collector.stop();
    while (!this.#stop.signal.aborted) {
      const error: unknown = await membership.release([key]).catch((error: unknown) => error);
      if (error === undefined) return wantedRooms.changed();
      await clock.sleep(RETRY_MS, this.#stop.signal).catch(() => {});
    }
  }

  #letGoAll(held: CollectedRoom): readonly string[] {
    const keys = [...held.names.keys()];
    for (const key of keys) this.#letGo(key);
    return keys;
  }

  /** Ends the collection of a room when it was held by this name alone. */
  #letGo(key: string, uncollected: Uncollected | null = null): void {
    const held = this.#held.get(key);
    if (held === undefined) return;
    this.#held.delete(key);
    held.names.delete(key);
    this.#changed();
    if (held.names.size > 0) return;
    const { collector } = held;
    if (collector.room !== null && this.#byRoom.get(collector.room) === held) this.#byRoom.delete(collector.room);
    const ending = collector.stop(uncollected).finally(() => this.#ending.delete(ending));
    this.#ending.set(ending, collector);
  }
}

/** Says what collectors leave that do not stop in time. */
function leftBy(left: readonly Collector[]): DyliveError {
  const messages = left.reduce((sum, { health }) => sum + health.backlog.waiting, 0);
  const names = named(left.map(({ name, room }) => (room === null ? name.value : `room:${room}`)));
  const why = `${left.length} ${left.length === 1 ? "room" : "rooms"} did not stop within ${STOP_MS / 1000} s and left as they are, with ${messages} messages that the log does not have`;
  return new DyliveError("stopping", told`${why}: ${names}`);
}

/** Says which rooms a process lost that the cluster took for dead. */
function lapsed(lost: Changes["lost"], ms: number): DyliveError {
  const names = named(lost.map(({ key }) => key));
  const seconds = Math.round(ms / 100) / 10;
  return new DyliveError(
    "not_owner",
    told`the cluster took this process for dead (not heard of for ${seconds} s), and leases lapsed: ${names}`,
  );
}

function named(rooms: readonly string[]): string {
  return rooms.slice(0, NAMED).join(", ") + (rooms.length > NAMED ? ` and ${rooms.length - NAMED} others` : "");
}

/** Returns the budgets that the rooms of a process share. */
function budgetsOf(clock: Clock, rates: { readonly requestsPerS: number; readonly connectsPerS: number }, held: HeldBytes): Budgets {
  const of = (perSecond: number) => ({ perSecond, burst: Math.max(1, perSecond * BURST_S) });
  return {
    requests: new RateLimiter(clock, () => of(rates.requestsPerS)),
    connects: new RateLimiter(clock, () => of(rates.connectsPerS)),
    held,
  };
}
