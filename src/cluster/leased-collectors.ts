import { setMaxListeners } from "node:events";
import { isDeepStrictEqual } from "node:util";
import { Collector, sharedByCollectors } from "../collector/collector.js";
import type { CollectorDeps } from "../collector/context.js";
import type { RoomStatus } from "../health/state.js";
import { isStoreProblem } from "../ingest/intake.js";
import { HELD_MAX_BYTES } from "../platform/access/read.js";
import type { RoomName } from "../platform/links/resolve.js";
import { monotonicMs, withTimeout, yieldToEventLoop } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import { type PendingBytes, RateLimiter } from "../runtime/rate-limiter.js";
import {
  ANY_NUMBER,
  type Assignment,
  type Beat,
  type Lease,
  type Membership,
  type Uncollected,
  type WantedRooms,
} from "../store/cluster.js";
import type { RoomKey } from "../store/log.js";
import { NO_SETTINGS } from "../store/rooms.js";
import { Waker } from "../store/waker.js";

/** Dependencies of {@link LeasedCollectors}. */
export interface LeasedCollectorsDeps extends CollectorDeps {
  readonly membership: Pick<Membership, "claim" | "leave">;
  readonly wantedRooms: Pick<WantedRooms, "ask" | "forget" | "sweep">;
  /** ms without a request after which a room that is not on the watch list is let go. */
  readonly onDemandIdleMs: number;
  /** Rates at which a process may ask the platform and connect to it, for all of its rooms. They may change meanwhile. */
  readonly rates?: { readonly requestsPerS: number; readonly connectsPerS: number };
  /** Memory of what waits to be stored, where more than the rooms share its bound. */
  readonly held?: PendingBytes;
  readonly onError: (error: unknown) => void;
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
  readonly #shared: ReturnType<typeof sharedByCollectors>;
  #leases: ReadonlyMap<string, Lease> = new Map();
  readonly #held = new Map<string, Collector>();
  /** The same, of collectors that know their room, by it. */
  readonly #byRoom = new Map<RoomKey, Collector>();
  /** Ends of collectors that are stopping. */
  readonly #ending = new Map<Promise<void>, Collector>();
  /**
   * Keys of leases that do not begin now: the collector before is stopping, or a moment has to pass, and the room begins then, or is given to
   * another process; or it has stopped, and is released.
   */
  readonly #resting = new Map<string, "begins" | "goes" | "released">();
  readonly #stop = new AbortController();
  #beginning = false;
  #gaveAt = Number.NEGATIVE_INFINITY;
  #stopSweeping: () => void = () => {};
  /** Number of rooms that came to this process, by how they came. */
  readonly takeovers: Record<NonNullable<Lease["how"]>, number> = { free: 0, dead: 0 };

  constructor(deps: LeasedCollectorsDeps) {
    setMaxListeners(0, this.#stop.signal); // every room that waits for the store listens to it
    this.#deps = deps;
    const { clock, rates = RATES, held = { bytes: 0, maxBytes: HELD_MAX_BYTES } } = deps;
    const limiter = (of: keyof typeof RATES) =>
      new RateLimiter(clock, () => ({ perSecond: rates[of], burst: Math.max(1, rates[of] * BURST_S) }));
    this.#shared = sharedByCollectors(deps, { requests: limiter("requestsPerS"), connects: limiter("connectsPerS"), held });
  }

  start(): void {
    const { clock, wantedRooms, onDemandIdleMs, onError } = this.#deps;
    this.#stopSweeping = clock.every(Math.min(SWEEP_MS, onDemandIdleMs), () => void wantedRooms.sweep(onDemandIdleMs).catch(onError));
  }

  /** Collectors by the keys of their leases. */
  get held(): ReadonlyMap<string, Collector> {
    return this.#held;
  }

  /** Returns the collector of a room; undefined until it knows its room. */
  ofRoom(room: RoomKey): Collector | undefined {
    return this.#byRoom.get(room);
  }

  /** The states of the rooms that are collected here. */
  collected(): readonly RoomStatus[] {
    return [...this.#held.values()].flatMap((collector) => collector.status() ?? []);
  }

  /** State of this process, for a beat. */
  get now(): Pick<Beat, "rooms" | "released"> {
    return { rooms: [...this.#byRoom.keys()], released: [...this.#resting].flatMap(([key, next]) => (next === "released" ? [key] : [])) };
  }

  /** Makes what is collected what is leased: begins rooms, ends them, and starts those over whose settings have changed. */
  follow({ leases, uncollected, surplus, lapsed }: Assignment): void {
    if (this.#stop.signal.aborted) return;
    this.#leases = new Map(leases.map((lease) => [lease.key, lease]));
    const lost: string[] = [];
    for (const [key, next] of this.#resting) if (next === "released" && this.#leases.get(key)?.how !== null) this.#resting.delete(key);
    for (const [key, collector] of [...this.#held]) {
      const { room, settings } = collector;
      const lease = this.#leases.get(key);
      const why = (room === null ? null : uncollected.get(room)) ?? null;
      if (lease === undefined && why === null) lost.push(key);
      // One that has only just come was forgotten and is wanted again since the last look: what it was collected by is over.
      if (lease === undefined || lease.how !== null) this.#end(key, why);
      else if (lease.settings !== null && !isDeepStrictEqual(settings, lease.settings)) this.#end(key);
    }
    for (const { how } of leases) if (how !== null) this.takeovers[how]++;
    if (lapsed && lost.length > 0)
      this.#deps.onError(new DyliveError("not_owner", msg`the cluster took this process for dead, and leases lapsed: ${named(lost)}`));
    this.#give(surplus);
    void this.#begin();
  }

  /** Ends every collection, and leaves the cluster: others take the rooms then. */
  async stop(): Promise<void> {
    const { membership, onError, clock } = this.#deps;
    this.#stopSweeping();
    this.#stop.abort();
    for (const key of this.#held.keys()) this.#end(key);
    // Also of rooms that were let go a moment ago.
    for (let left = Number.POSITIVE_INFINITY; this.#ending.size > 0 && this.#ending.size < left; ) {
      left = this.#ending.size;
      await withTimeout(Promise.all(this.#ending.keys()), STOP_MS, clock).catch(() => {});
    }
    if (this.#ending.size > 0) onError(leftBy([...this.#ending.values()]));
    await membership.leave().catch(onError);
  }

  /** Begins the rooms that are leased and not collected, one after the other. */
  async #begin(): Promise<void> {
    if (this.#beginning) return;
    this.#beginning = true;
    const isDue = ({ key }: Lease) => !this.#held.has(key) && !this.#resting.has(key);
    for (let begun = 1; !this.#stop.signal.aborted; begun++) {
      const lease = [...this.#leases.values()].find(isDue);
      if (lease === undefined) break;
      try {
        await this.#beginOne(lease);
      } catch (error) {
        this.#rest(lease.key, this.#deps.clock.sleep(RETRY_MS, this.#stop.signal));
        if (!isStoreProblem(error)) this.#deps.onError(error);
      }
      if (begun % BEGUN_TOGETHER === 0) await yieldToEventLoop();
    }
    this.#beginning = false;
  }

  async #beginOne({ key, name, room }: Lease): Promise<void> {
    const { rooms } = this.#deps.store;
    const known = room ?? (await rooms.find(name));
    const row = known === null ? null : await rooms.get(known);
    const lease = this.#leases.get(key);
    if (lease === undefined || this.#stop.signal.aborted) return;
    const onMet = () => {
      if (collector.room !== null && this.#held.get(key) === collector) this.#byRoom.set(collector.room, collector);
      this.changes.notify();
    };
    const ownership = { claim: (claimed: RoomKey) => this.#deps.membership.claim(key, claimed), onMet };
    const settings = { ...(row?.settings ?? NO_SETTINGS), ...lease.asked };
    const collector = new Collector(name as RoomName, this.#deps, this.#shared, settings, row, ownership); // only these kinds are wanted
    this.#held.set(key, collector);
    collector.health.onChange(() => this.changes.notify());
    const ifHeld = (then: () => Promise<void> | void) => (this.#held.get(key) === collector ? then() : undefined);
    const ended = collector.run().then(() => ifHeld(() => this.#ended(key, collector)));
    ended.catch(() => ifHeld(() => this.#end(key, null, "begins", RETRY_MS))); // the store is away, and does not forget the name
    this.changes.notify();
  }

  /**
   * Handles a collector that has ended by itself. A name that came to nothing, or led to a room that is collected by another name, is forgotten: if
   * the room is still wanted, it is asked for again.
   */
  async #ended(key: string, { ending, name }: Collector): Promise<void> {
    const { clock, wantedRooms } = this.#deps;
    this.changes.notify();
    // Mostly the next beat says that it is another's, or the name leads to another room by now.
    if (ending?.why === "lost" || ending?.why === "moved") return this.#end(key, null, "begins", RETRY_MS);
    if (ending?.why === "twin") await wantedRooms.ask(ending.of.name, ANY_NUMBER);
    else if (ending?.why !== "paused") await clock.sleep(KEEP_OVER_MS, this.#stop.signal);
    await wantedRooms.forget(name);
  }

  /** Ends the collection of rooms above this process's share, those that it has had for longest, and releases them with the next beat. */
  #give(surplus: number): void {
    const now = monotonicMs(this.#deps.clock);
    const going = [...this.#resting.values()].filter((next) => next !== "begins").length;
    const more = Math.min(surplus - going, GIVEN_AT_ONCE);
    if (more <= 0 || now - this.#gaveAt < GIVE_MS) return;
    this.#gaveAt = now;
    const oldest = [...this.#leases.keys()].filter((key) => this.#held.has(key));
    for (const key of oldest.slice(0, more)) this.#end(key, null, "goes");
  }

  /** Ends the collection of a room. What is leased by then begins anew, after a pause, unless it is given to another process. */
  #end(key: string, uncollected: Uncollected | null = null, next: "begins" | "goes" = "begins", pauseMs = 0): void {
    const collector = this.#held.get(key);
    if (collector === undefined) return;
    this.#held.delete(key);
    if (collector.room !== null && this.#byRoom.get(collector.room) === collector) this.#byRoom.delete(collector.room);
    const ending = collector.stop(uncollected).finally(() => this.#ending.delete(ending));
    this.#ending.set(ending, collector);
    const pause = () => (pauseMs > 0 ? this.#deps.clock.sleep(pauseMs, this.#stop.signal) : undefined);
    this.#rest(key, ending.then(pause), next);
    this.changes.notify();
  }

  /** Begins a room, or releases it with the next beat, no sooner than that has come to an end. */
  #rest(key: string, end: Promise<void>, next: "begins" | "goes" = "begins"): void {
    this.#resting.set(key, next);
    const goOn = () => {
      if (next === "goes") this.#resting.set(key, "released");
      else this.#resting.delete(key);
      this.changes.notify();
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
  return new DyliveError("stopping", msg`${why}: ${names}`);
}

function named(rooms: readonly string[]): string {
  return rooms.slice(0, NAMED).join(", ") + (rooms.length > NAMED ? ` and ${rooms.length - NAMED} others` : "");
}
