import { setMaxListeners } from "node:events";
import { isDeepStrictEqual } from "node:util";
import { Collector } from "../collector/collector.js";
import type { CollectorDeps } from "../collector/collector-deps.js";
import { CollectorRegistry } from "../collector/registry.js";
import { ToldAlarms } from "../collector/room-alarm.js";
import type { RoomStatus } from "../health/state.js";
import { GiftCatalogue } from "../ingest/fill-in.js";
import { isStoreProblem } from "../ingest/intake.js";
import { HELD_MAX_BYTES } from "../platform/access/read.js";
import type { RoomName } from "../platform/links/resolve.js";
import { breathe, type Clock, inTime, steadyMs } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { type Budgets, type HeldBytes, RateLimiter } from "../runtime/rate-limiter.js";
import { told } from "../runtime/told.js";
import type { Assignment, Beat, Lease, Membership, Uncollected, WantedRooms } from "../store/cluster.js";
import type { RoomKey } from "../store/log.js";
import { type Alias, NO_SETTINGS, type RoomRow } from "../store/rooms.js";
import { Waker } from "../store/waker.js";

/** Dependencies of {@link LeasedCollectors}. */
export interface LeasedCollectorsDeps extends CollectorDeps {
  readonly membership: Pick<Membership, "claim" | "leave">;
  readonly wantedRooms: Pick<WantedRooms, "sweep" | "forget">;
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
  /** Whether it has ended by itself, since there is no such account. */
  over: boolean;
}

/** Default rates: a page is a megabyte, a connect is cheap. */
const RATES = { requestsPerS: 5, connectsPerS: 20 };
/** Seconds' worth that may come at once after a pause: a process that is given the rooms of another must not wait. */
const BURST_S = 2;
/** Longest interval between sweeps, in ms: how soon a change of the watch list is followed that was not announced. */
const SWEEP_MS = 3000;
/** Pause before a room is tried again that turned out to be another process's, or could not be begun, in ms. */
const RETRY_MS = 1000;
/** Time for which "no such account" is kept, in ms: a client that polls a wrong id must not make us poll the platform. */
const KEEP_OVER_MS = 60_000;
/** Most rooms above its share that a process gives up in a turn, and the ms between two turns: others take them at that pace. */
const GIVEN_AT_ONCE = 10;
const GIVE_MS = 1000;
/** Longest wait for the next of the collectors that stop, in ms: what the store does not take by then is lost. */
const STOP_MS = 4000;
/** Rooms that begin in one turn of the event loop. */
const BEGUN_TOGETHER = 50;
/** Most rooms that a line of the log names. */
const NAMED = 20;

/** Collects the rooms of which this process has the leases. */
export class LeasedCollectors {
  /** Wakes when the state of a room may have changed. */
  readonly changes = new Waker();
  readonly #deps: LeasedCollectorsDeps;
  readonly #shared: ConstructorParameters<typeof Collector>[2];
  #leases: ReadonlyMap<string, Lease> = new Map();
  readonly #held = new Map<string, CollectedRoom>();
  /** The same, of collectors that know their room, by it. */
  readonly #byRoom = new Map<RoomKey, CollectedRoom>();
  /** Ends of collectors that are stopping. */
  readonly #ending = new Map<Promise<void>, Collector>();
  /** Keys of leases that are not begun yet: the collector before is stopping, or a moment has to pass. */
  readonly #resting = new Set<string>();
  /** Keys of leases above this process's share, and whether their collection has ended. */
  readonly #giving = new Map<string, boolean>();
  readonly #stop = new AbortController();
  #beginning = false;
  #gaveAt = Number.NEGATIVE_INFINITY;
  #stopSweeping: () => void = () => {};
  /** Number of rooms that came to this process, by how they came. */
  readonly takeovers: Record<NonNullable<Lease["how"]>, number> = { free: 0, dead: 0 };

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
    return [...new Set(this.#held.values())].flatMap(({ collector }) => collector.status() ?? []);
  }

  /** What the cluster is told of this process with a beat. */
  get now(): Pick<Beat, "rooms" | "released"> {
    return { rooms: [...this.#byRoom.keys()], released: [...this.#giving].flatMap(([key, hasEnded]) => (hasEnded ? [key] : [])) };
  }

  /** Makes what is collected what is leased: begins rooms, ends them, and starts those over whose settings have changed. */
  follow({ leases, uncollected, surplus, lapsed }: Assignment): void {
    if (this.#stop.signal.aborted) return;
    this.#leases = new Map(leases.map((lease) => [lease.key, lease]));
    const lost: string[] = [];
    for (const [key, hasEnded] of this.#giving) if (hasEnded && this.#leases.get(key)?.how !== null) this.#giving.delete(key);
    for (const [key, held] of [...this.#held]) {
      if (!held.names.has(key)) continue;
      const { room, settings } = held.collector;
      const lease = this.#leases.get(key);
      const why = (room === null ? null : uncollected.get(room)) ?? null;
      if (lease === undefined && why === null) lost.push(key);
      // One that has only just come was forgotten and is wanted again since the last look: what it was collected by is over.
      if (lease === undefined || lease.how !== null) this.#letGo(key, held, why);
      else if (lease.settings !== null && !isDeepStrictEqual(settings, lease.settings)) this.#end(held);
    }
    for (const { how } of leases) if (how !== null) this.takeovers[how]++;
    if (lapsed && lost.length > 0)
      this.#deps.onError(new DyliveError("not_owner", told`the cluster took this process for dead, and leases lapsed: ${named(lost)}`));
    this.#give(surplus);
    void this.#begin();
  }

  /** Ends every collection, and leaves the cluster: others take the rooms then. */
  async stop(): Promise<void> {
    const { membership, onError, clock } = this.#deps;
    this.#stopSweeping();
    this.#stop.abort();
    for (const held of this.#held.values()) this.#end(held);
    // Also of rooms that were let go a moment ago.
    for (let left = Number.POSITIVE_INFINITY; this.#ending.size > 0 && this.#ending.size < left; ) {
      left = this.#ending.size;
      await inTime(Promise.all(this.#ending.keys()), STOP_MS, clock).catch(() => {});
    }
    if (this.#ending.size > 0) onError(leftBy([...this.#ending.values()]));
    await membership.leave().catch(onError);
  }

  /** Begins the rooms that are leased and not collected, one after the other. */
  async #begin(): Promise<void> {
    if (this.#beginning) return;
    this.#beginning = true;
    const isDue = ({ key }: Lease) => !this.#held.has(key) && !this.#resting.has(key) && !this.#giving.has(key);
    for (let begun = 1; !this.#stop.signal.aborted; begun++) {
      const lease = [...this.#leases.values()].find(isDue);
      if (lease === undefined) break;
      try {
        await this.#beginOne(lease);
      } catch (error) {
        this.#rest([lease.key], this.#deps.clock.sleep(RETRY_MS, this.#stop.signal));
        if (!isStoreProblem(error)) this.#deps.onError(error);
      }
      if (begun % BEGUN_TOGETHER === 0) await breathe();
    }
    this.#beginning = false;
  }

  /** Begins to collect a room, unless it is collected by another name. */
  async #beginOne({ key, name, room }: Lease): Promise<void> {
    const { rooms } = this.#deps.store;
    const known = room ?? (await rooms.find(name));
    const row = known === null ? null : await rooms.get(known);
    const lease = this.#leases.get(key);
    if (lease === undefined || this.#stop.signal.aborted) return;
    const twin = row === null ? undefined : this.#byRoom.get(row.room);
    if (twin === undefined || twin.over) this.#hold(lease, row);
    else {
      twin.names.set(key, name);
      this.#held.set(key, twin);
    }
    this.changes.notify();
  }

  #hold(lease: Lease, row: RoomRow | null): void {
    const names = new Map([[lease.key, lease.name]]);
    const onMet = () => {
      if (collector.room !== null && names.size > 0) this.#byRoom.set(collector.room, held);
      this.changes.notify();
    };
    const ownership = { claim: (room: RoomKey) => this.#claim(names.keys(), room), onMet };
    const name = lease.name as RoomName; // only these kinds are wanted
    const settings = { ...(row?.settings ?? NO_SETTINGS), ...lease.asked };
    const collector = new Collector(name, this.#deps, this.#shared, settings, row, ownership);
    const held: CollectedRoom = { collector, names, over: false };
    this.#held.set(lease.key, held);
    collector.health.onChange(() => this.changes.notify());
    void collector.run().then(() => this.#ended(held));
  }

  /** Claims the room by whichever of its names is this process's. */
  async #claim(keys: Iterable<string>, room: RoomKey): Promise<number | null> {
    for (const key of [...keys]) {
      const epoch = await this.#deps.membership.claim(key, room);
      if (epoch !== null) return epoch;
    }
    return null;
  }

  /** Handles a collector that has ended; one that was stopped has no names any more. */
  #ended(held: CollectedRoom): void {
    if (held.names.size === 0) return;
    const why = held.collector.ending?.why;
    if (why === "twin") this.#end(held);
    // Mostly the next beat says that it is another's, or the name leads to another room by now.
    else if (why === "lost" || why === "moved") this.#end(held, null, RETRY_MS);
    else {
      held.over = true;
      void this.#forget(held, why === "paused" ? 0 : KEEP_OVER_MS).catch(() => {});
    }
    this.changes.notify();
  }

  /** Forgets a room that came to nothing, after a while: if it is still wanted, it is asked for again. */
  async #forget({ names }: CollectedRoom, afterMs: number): Promise<void> {
    if (afterMs > 0) await this.#deps.clock.sleep(afterMs, this.#stop.signal);
    for (const name of names.values()) await this.#deps.wantedRooms.forget(name);
  }

  /** Ends the collection of rooms above this process's share, those that it has had for longest, and releases them with the next beat. */
  #give(surplus: number): void {
    const now = steadyMs(this.#deps.clock);
    let more = Math.min(surplus - this.#giving.size, GIVEN_AT_ONCE);
    if (more <= 0 || now - this.#gaveAt < GIVE_MS) return;
    this.#gaveAt = now;
    for (const key of this.#leases.keys()) {
      const held = this.#held.get(key);
      if (held === undefined || more-- <= 0) continue;
      const keys = [...held.names.keys()];
      for (const one of keys) this.#giving.set(one, false);
      void this.#end(held).then(() => {
        for (const one of keys) this.#giving.set(one, true);
      });
    }
  }

  /** Ends the collection of a room when it was held by this name alone. */
  #letGo(key: string, held: CollectedRoom, uncollected: Uncollected | null): void {
    if (held.names.size === 1) void this.#end(held, uncollected);
    else {
      held.names.delete(key);
      this.#held.delete(key);
    }
  }

  /** Ends the collection of a room. What is leased by then begins anew. @returns when it has ended */
  #end(held: CollectedRoom, uncollected: Uncollected | null = null, pauseMs = 0): Promise<void> {
    const { collector, names } = held;
    const { clock } = this.#deps;
    const keys = [...names.keys()];
    for (const key of keys) this.#held.delete(key);
    names.clear();
    if (collector.room !== null && this.#byRoom.get(collector.room) === held) this.#byRoom.delete(collector.room);
    const ending = collector.stop(uncollected).finally(() => this.#ending.delete(ending));
    this.#ending.set(ending, collector);
    this.#rest(
      keys,
      ending.then(() => (pauseMs > 0 ? clock.sleep(pauseMs, this.#stop.signal) : undefined)),
    );
    this.changes.notify();
    return ending;
  }

  /** Begins rooms no sooner than that has come to an end. */
  #rest(keys: readonly string[], end: Promise<void>): void {
    for (const key of keys) this.#resting.add(key);
    const goOn = () => {
      for (const key of keys) this.#resting.delete(key);
      void this.#begin();
    };
    end.then(goOn, goOn);
  }
}

/** Says what collectors leave that do not stop in time. */
function leftBy(left: readonly Collector[]): DyliveError {
  const messages = left.reduce((sum, { health }) => sum + health.backlog.waiting, 0);
  const names = named(left.map(({ name, room }) => (room === null ? name.value : `room:${room}`)));
  const why = `${left.length} ${left.length === 1 ? "room" : "rooms"} did not stop within ${STOP_MS / 1000} s and left as they are, with ${messages} messages that the log does not have`;
  return new DyliveError("stopping", told`${why}: ${names}`);
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
