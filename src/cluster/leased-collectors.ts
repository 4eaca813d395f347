import { setMaxListeners } from "node:events";
import { Collector } from "../collector/collector.js";
import type { CollectorDeps } from "../collector/collector-deps.js";
import { CollectorRegistry } from "../collector/registry.js";
import { ToldAlarms } from "../collector/room-alarm.js";
import type { RoomStatus } from "../health/state.js";
import { GiftCatalogue } from "../ingest/fill-in.js";
import { HELD_MAX_BYTES } from "../platform/access/read.js";
import { GUEST } from "../platform/accounts/login-store.js";
import type { RoomName } from "../platform/links/resolve.js";
import { sessionsOf } from "../platform/platform-access.js";
import { breathe, type Clock, inTime, steadyMs } from "../runtime/clock.js";
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
  readonly membership: Pick<Membership, "claim" | "decline" | "drain" | "leave">;
  readonly wantedRooms: Pick<WantedRooms, "sweep" | "toldOf">;
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
/** Time for which a room that another process collects stays there, in ms, where this one lacks an account of it. */
const DECLINED_MS = 600_000;
/** Pause before the store is asked again, in ms. */
const RETRY_MS = 1000;
/** Longest wait of a process that stops for others to take its rooms over, in ms. */
const DRAIN_MS = 20_000;
const DRAIN_LOOK_MS = 250;
/** Time for which a process that stops asks a cluster that does not answer, in ms: while the database is away nobody takes a room over. */
const UNANSWERED_MS = 5000;
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
  /** Rooms that were left to the processes that have them, and until when, by {@link steadyMs}: one that comes again before is about to lose that process. */
  readonly #declined = new Map<string, number>();
  /** Ends of collectors that are stopping. */
  readonly #ending = new Map<Promise<void>, Collector>();
  readonly #stop = new AbortController();
  #stopSweeping: () => void = () => {};
  /** Number of rooms that came to this process, by how they came. */
  readonly takeovers: Record<Lease["how"], number> = { free: 0, dead: 0, offered: 0 };

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
  change({ taken, changed, lost, silentMs }: Changes): void {
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
      this.#begin(lease.key, lease.how === "offered");
    }
  }

  /** Gives the rooms to others, goes on with them until they are taken over, for some seconds at most, and leaves the cluster. */
  async stop(): Promise<void> {
    const { membership, onError, publisher, clock } = this.#deps;
    this.#stopSweeping();
    await this.#handOver();
    this.#stop.abort();
    await membership.leave().catch(onError);
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
  }

  /** Goes on with the rooms until others have taken them over, as long as there are others. A cluster that does not answer is asked again for a while. */
  async #handOver(): Promise<void> {
    const { membership, clock, onError } = this.#deps;
    const from = steadyMs(clock);
    let answeredAt = from;
    let [others, unanswered]: [boolean, unknown] = [false, null];
    // Asked again and again: the others may stop, too.
    while (this.#leases.size > 0 && steadyMs(clock) < from + DRAIN_MS) {
      try {
        const hasOthers = await membership.drain();
        unanswered = null;
        if (!hasOthers) break;
        others = true;
        answeredAt = steadyMs(clock);
      } catch (error) {
        unanswered = error;
        if (steadyMs(clock) - answeredAt >= UNANSWERED_MS) break;
      }
      await clock.sleep(DRAIN_LOOK_MS);
    }
    if (this.#leases.size === 0) return;
    const keys = [...this.#leases.keys()];
    if (unanswered !== null) onError(unasked(keys, steadyMs(clock) - answeredAt, unanswered));
    // Where nobody else collects, that is no news.
    else if (others) onError(untaken(keys, steadyMs(clock) - from));
  }

  #all(): readonly LeasedRoom[] {
    return [...new Set(this.#held.values())];
  }

  #heldOf(room: RoomKey): LeasedRoom | undefined {
    const held = this.#byRoom.get(room);
    return held === undefined || held.over ? undefined : held;
  }

  #begin(key: string, planned: boolean): void {
    void this.#open(key, planned).catch((error: unknown) => {
      if (!this.#stop.signal.aborted) this.#deps.onError(error);
    });
  }

  async #open(key: string, planned: boolean): Promise<void> {
    const row = await this.#rowOf(key);
    if (planned && row !== null && (await this.#declines(key, row))) return;
    const lease = this.#leases.get(key);
    if (lease === undefined || this.#held.has(key) || this.#stop.signal.aborted) return;
    const twin = row === null ? undefined : this.#heldOf(row.room);
    if (twin === undefined) this.#hold(lease, row);
    else this.#attach(key, twin);
  }

  /**
   * Leaves a room to the process that goes on with it where this one lacks the account of one of its sessions, and says so: the room would go
   * on without that session.
   */
  async #declines(key: string, { settings }: RoomRow): Promise<boolean> {
    const { accounts, clock, membership, onError, member } = this.#deps;
    const now = steadyMs(clock);
    for (const [declined, until] of this.#declined) if (until <= now) this.#declined.delete(declined);
    if (this.#declined.has(key)) return false;
    for (const { name, account } of sessionsOf(settings)) {
      if (account === null || account === GUEST) continue;
      const refusal = await accounts.get(account).catch((error: unknown) => error);
      if (!(refusal instanceof DyliveError) || refusal.code !== "not_found" || !this.#leases.has(key)) continue;
      this.#declined.set(key, now + DECLINED_MS);
      this.#leases.delete(key);
      onError(lacking(key, name, account, member ?? "this process"));
      await membership.decline(key, DECLINED_MS).catch(onError);
      return true;
    }
    return false;
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
      for (const key of keys) twin === undefined || twin.keys.size === 0 ? this.#begin(key, false) : this.#attach(key, twin);
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
        for (const key of keys) if (this.#leases.has(key) && !this.#held.has(key)) this.#begin(key, false);
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
      for (const one of keys) if (this.#leases.has(one)) this.#begin(one, false);
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

/** Says which rooms a process leaves that others did not take over in time. */
function untaken(keys: readonly string[], ms: number): DyliveError {
  return new DyliveError("stopping", told`nobody took over within ${seconds(ms)} s what this process collected: ${named(keys)}`);
}

/** Says that a room stays where it is, since one of its sessions would be lost by the move. */
function lacking(key: string, session: string, account: string, member: string): DyliveError {
  return new DyliveError(
    "bad_account",
    told`room ${key} stays with the process that has it: its session ${session} needs account ${account}, which is not where ${member} runs; log in there too with \`dylive login --account ${account}\`, or choose another session with \`dylive room set\``,
  );
}

/** Says which rooms a process leaves without an answer of the cluster. */
function unasked(keys: readonly string[], ms: number, cause: unknown): DyliveError {
  return new DyliveError(
    "stopping",
    told`the cluster did not answer for ${seconds(ms)} s who takes over what this process collected: ${named(keys)}; another process takes it when it sees that this one is gone`,
    cause,
  );
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
