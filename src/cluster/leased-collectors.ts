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
import { NO_SETTINGS, type RoomRow } from "../store/rooms.js";
import { sameSettings } from "./settings.js";
import type { CollectedRoom, Publisher } from "./status-publisher.js";

/** Dependencies of {@link LeasedCollectors}. */
interface LeasedCollectorsDeps extends CollectorDeps {
  readonly membership: Pick<Membership, "claim" | "release" | "leave">;
  readonly wantedRooms: Pick<WantedRooms, "sweep" | "changed">;
  readonly publisher: Publisher;
  /** ms without a request after which a room that is not on the watch list is let go. */
  readonly onDemandIdleMs: number;
  /** They may change meanwhile. */
  readonly rates?: CollectionRates;
  /** Memory of what waits to be stored, where more than the rooms share its bound. */
  readonly held?: HeldBytes;
  readonly onError: (error: unknown) => void;
}

/** Rates at which a process may ask the platform and connect to it, for all of its rooms. */
interface CollectionRates {
  readonly requestsPerS: number;
  readonly connectsPerS: number;
}

/** A collector, and the names that its room is wanted by. */
interface LeasedRoom extends CollectedRoom {
  readonly keys: Set<string>;
  over: boolean;
}

/** Default rates: a page is a megabyte, a connect is cheap. */
const RATES: CollectionRates = { requestsPerS: 5, connectsPerS: 20 };
/** Seconds' worth that may come at once after a pause: a process that is given the rooms of another must not wait. */
const BURST_S = 2;

/** Longest interval between sweeps, in ms: how soon a change of the watch list is followed that was not announced. */
const SWEEP_MS = 3000;
/** Time after which a room whose collector found it to be another's is looked at again, in ms, if it is still this process's. */
const AGAIN_MS = 1000;
/** Pause before the store is asked again, in ms. */
const RETRY_MS = 1000;
/** Longest wait for the next of the collectors that stop, in ms: what the store does not take by then is lost. */
const STOP_MS = 4000;
/** Rooms whose states are read in one turn of the event loop. */
const READ_TOGETHER = 200;
/** Most rooms that a line of the log names. */
const NAMED = 20;

/** Collects the rooms of which this process has the leases, and tells the others how they are doing. */
export class LeasedCollectors {
  readonly #deps: LeasedCollectorsDeps;
  readonly #shared: ConstructorParameters<typeof Collector>[2];
  readonly #leases = new Map<string, Lease>();
  readonly #held = new Map<string, LeasedRoom>();
  /** The same, of collectors that know their room, by it. */
  readonly #byRoom = new Map<RoomKey, LeasedRoom>();
  readonly #byCollector = new WeakMap<Collector, LeasedRoom>();
  /** Ends of collectors that are stopping. */
  readonly #ending = new Map<Promise<void>, Collector>();
  readonly #stop = new AbortController();
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
    const { clock, wantedRooms, onDemandIdleMs, onError, publisher } = this.#deps;
    publisher.start(() => this.#held);
    this.#stopSweeping = clock.every(Math.min(SWEEP_MS, onDemandIdleMs), () => void wantedRooms.sweep(onDemandIdleMs).catch(onError));
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

  /** Follows what a beat found. */
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

  /** Ends a room's collection and releases its lease, so that another process goes on where this one ended. */
  async #giveUp(key: string): Promise<void> {
    const { membership, wantedRooms, clock } = this.#deps;
    const held = this.#held.get(key);
    for (const one of held?.keys ?? [key]) {
      this.#leases.delete(one);
      this.#letGo(one);
    }
    await held?.collector.stop();
    for (let done = false; !done && !this.#stop.signal.aborted; ) {
      done = await membership.release([key]).then(
        () => true,
        () => false,
      );
      if (!done) await clock.sleep(RETRY_MS, this.#stop.signal).catch(() => {});
    }
    await wantedRooms.changed();
  }

  /** Ends every collection, and leaves the cluster: others take the rooms then. */
  async stop(): Promise<void> {
    const { membership, onError, publisher, clock } = this.#deps;
    this.#stopSweeping();
    this.#stop.abort();
    publisher.stop();
    this.#leases.clear();
    for (const { collector } of this.#all()) this.#end(collector);
    this.#held.clear();
    this.#byRoom.clear();
    // Also of rooms that were let go a moment ago.
    for (let left = Number.POSITIVE_INFINITY; this.#ending.size > 0 && this.#ending.size < left; ) {
      left = this.#ending.size;
      await inTime(Promise.all(this.#ending.keys()), STOP_MS, clock).catch(() => {});
    }
    if (this.#ending.size > 0) onError(leftBy([...this.#ending.values()]));
    await membership.leave().catch(onError);
  }

  #all(): readonly LeasedRoom[] {
    return [...new Set(this.#held.values())];
  }

  #heldOf(room: RoomKey): LeasedRoom | undefined {
    const held = this.#byRoom.get(room);
    return held === undefined || held.over ? undefined : held;
  }

  #begin(key: string): void {
    void this.#open(key).catch((error: unknown) => {
      if (!this.#stop.signal.aborted) this.#deps.onError(error);
    });
  }

  async #open(key: string): Promise<void> {
    const row = await this.#rowOf(key);
    const lease = this.#leases.get(key);
    if (lease === undefined || this.#held.has(key) || this.#stop.signal.aborted) return;
    const twin = row === null ? undefined : this.#heldOf(row.room);
    if (twin === undefined) this.#hold(lease, row);
    else this.#attach(key, twin);
  }

  #attach(key: string, twin: LeasedRoom): void {
    twin.keys.add(key);
    this.#held.set(key, twin);
    this.#deps.publisher.changed([key]);
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

  #hold(lease: Lease, row: RoomRow | null): void {
    const keys = new Set([lease.key]);
    const onMet = () => {
      if (collector.room !== null && keys.size > 0) this.#byRoom.set(collector.room, held);
      changed();
    };
    const ownership = { claim: (room: RoomKey) => this.#claim(keys, room), onMet };
    const name = lease.name as RoomName; // only these kinds are wanted
    const settings = { ...(row?.settings ?? NO_SETTINGS), ...lease.asked };
    const collector = new Collector(name, this.#deps, this.#shared, settings, row, ownership);
    const held: LeasedRoom = { collector, keys, over: false };
    this.#held.set(lease.key, held);
    this.#byCollector.set(collector, held);
    const changed = () => this.#deps.publisher.changed(keys);
    collector.health.onChange(changed);
    changed();
    void collector.run().then(() => {
      this.#ended(held);
      changed();
    });
  }

  /** Claims the room by whichever of its names is this process's. */
  async #claim(keys: ReadonlySet<string>, room: RoomKey): Promise<number | null> {
    for (const key of keys) {
      const epoch = await this.#deps.membership.claim(key, room);
      if (epoch !== null) return epoch;
    }
    return null;
  }

  /** Handles a collector that has ended by itself, or was stopped. */
  #ended(held: LeasedRoom): void {
    const { ending } = held.collector;
    const keys = [...held.keys].filter((key) => this.#held.get(key) === held);
    if (ending?.why === "twin") {
      for (const key of keys) this.#letGo(key);
      const twin = this.#byCollector.get(ending.of);
      for (const key of keys) twin === undefined || twin.keys.size === 0 ? this.#begin(key) : this.#attach(key, twin);
      return;
    }
    if (ending?.why !== "lost" && ending?.why !== "moved") {
      held.over = true;
      return;
    }
    for (const key of keys) this.#letGo(key);
    // Mostly the next beat says that they are another's, or the name leads to another room by now.
    void this.#deps.clock.sleep(AGAIN_MS, this.#stop.signal).then(
      () => {
        for (const key of keys) if (this.#leases.has(key) && !this.#held.has(key)) this.#begin(key);
      },
      () => {},
    );
  }

  /** Starts the collection of a room over, with its changed settings. */
  #obey({ key, settings }: Lease): void {
    const held = this.#held.get(key);
    if (held === undefined || settings === null || sameSettings(held.collector.settings, settings)) return;
    const keys = [...held.keys];
    for (const one of keys) this.#letGo(one);
    void held.collector.stop().then(() => {
      for (const one of keys) if (this.#leases.has(one)) this.#begin(one);
    });
  }

  #letGo(key: string, uncollected: Uncollected | null = null): void {
    const held = this.#held.get(key);
    if (held === undefined) return;
    this.#held.delete(key);
    this.#deps.publisher.forget(key);
    held.keys.delete(key);
    if (held.keys.size > 0) return;
    const { room } = held.collector;
    if (room !== null && this.#byRoom.get(room) === held) this.#byRoom.delete(room);
    this.#end(held.collector, uncollected);
  }

  #end(collector: Collector, uncollected: Uncollected | null = null): void {
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
  return new DyliveError(
    "not_owner",
    told`the cluster took this process for dead (not heard of for ${seconds(ms)} s), and leases lapsed: ${names}`,
  );
}

const seconds = (ms: number) => Math.round(ms / 100) / 10;

function named(rooms: readonly string[]): string {
  return rooms.slice(0, NAMED).join(", ") + (rooms.length > NAMED ? ` and ${rooms.length - NAMED} others` : "");
}

/** Returns the budgets that the rooms of a process share. */
function budgetsOf(clock: Clock, rates: CollectionRates, held: HeldBytes): Budgets {
  const of = (perSecond: number) => ({ perSecond, burst: Math.max(1, perSecond * BURST_S) });
  return {
    requests: new RateLimiter(clock, () => of(rates.requestsPerS)),
    connects: new RateLimiter(clock, () => of(rates.connectsPerS)),
    held,
  };
}
