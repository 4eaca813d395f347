import { hostname } from "node:os";
import { LeasedCollectors } from "../cluster/leased-collectors.js";
import { Heartbeat, JobHolder } from "../cluster/membership.js";
import { RoomManager } from "../cluster/room-manager.js";
import { StatusPublisher } from "../cluster/status-publisher.js";
import type { CollectorDeps } from "../collector/collector-deps.js";
import type { RoomStatus } from "../health/state.js";
import type { HeldBytes } from "../runtime/rate-limiter.js";
import type { Lease, Membership } from "../store/cluster.js";
import type { Store } from "../store/store.js";
import type { Config } from "./config.js";

/** Collecting of rooms here, and the manager that is asked for them. */
export interface Collecting {
  readonly rooms: RoomManager;
  /** States of the rooms that this process collects; of one that is alone of all rooms, null where one is not collected. */
  readonly here: () => Promise<readonly (RoomStatus | null)[]>;
  /** Number of rooms that came to this process, by how they came; null without a cluster. */
  readonly takeovers: (() => Readonly<Record<Lease["how"], number>>) | null;
  /**
   * Does something that only one process may do at a time: at once where there is one process, else as long as this one has the job, and
   * never in one that only collects. Stops it with the rest.
   * @param start begins it, and answers with what ends it
   */
  hold(name: string, start: () => Promise<() => Promise<unknown>>): Promise<void>;
  /** Ends what {@link hold} began. */
  rest(): Promise<void>;
  /** Ends every collection; what had been received is stored. */
  stop(): Promise<void>;
}

/** Dependencies of collecting: access to rooms, the store, and callbacks for what failed. */
interface CollectingDeps extends CollectorDeps {
  readonly store: Store;
  /** Rates that count now. */
  readonly rates: Pick<Config, "requestsPerS" | "connectsPerS">;
  /** Memory of what waits to be stored. */
  readonly held: HeldBytes;
  readonly onError: (error: unknown, doing: string) => void;
}

/** Starts to collect by these settings: alone, or as one process of a cluster where the store is for many. */
export async function startCollecting(config: Config, deps: CollectingDeps): Promise<Collecting> {
  const { cluster } = deps.store;
  return cluster === undefined ? collectAlone(config, deps) : collectTogether(config, deps, cluster);
}

async function collectAlone(config: Config, deps: CollectingDeps): Promise<Collecting> {
  const { maxOnDemandRooms, onDemandIdleMs } = config;
  const onError = (error: unknown) => deps.onError(error, "rooms of this process");
  const rooms = RoomManager.alone({ ...deps, maxOnDemandRooms, onDemandIdleMs, onError });
  const ends: (() => Promise<unknown>)[] = [];
  await startOrStop(
    () => rooms.start(),
    () => rooms.stop(),
  );
  return {
    rooms,
    here: () => rooms.statuses(),
    takeovers: null,
    hold: async (_name, start) => void ends.push(await start()),
    rest: async () => {
      for (const end of ends.splice(0).reverse()) await end();
    },
    stop: () => rooms.stop(),
  };
}

async function collectTogether(
  config: Config,
  deps: CollectingDeps,
  { leases, wantedRooms }: NonNullable<Store["cluster"]>,
): Promise<Collecting> {
  const { role, capacity, maxOnDemandRooms, onDemandIdleMs } = config;
  const { clock, onError } = deps;
  const name = config.name ?? `${hostname()}:${process.pid}`;
  const membership = await leases.join({ name, role, capacity });
  const ofProcess = (error: unknown) => onError(error, "rooms of this process");
  const collectors = new LeasedCollectors({
    ...{ ...deps, member: name, membership, wantedRooms, onDemandIdleMs },
    onError: ofProcess,
  });
  const publisher = new StatusPublisher({
    ...{ member: membership.id, wantedRooms, clock, collected: () => collectors.held },
    onError: ofProcess,
  });
  const heartbeat = new Heartbeat({
    ...{ membership, clock, wakes: (signal) => wantedRooms.wakes(signal) },
    onChanges: (changes) => collectors.change(changes),
    onError: (error) => onError(error, "cluster membership"),
  });
  const rooms = new RoomManager({
    ...{ ...deps, wantedRooms, shared: wantedRooms, collectors, maxOnDemandRooms, onDemandIdleMs },
    accounts: role === "serve" ? null : deps.accounts,
    onError: (error) => onError(error, "rooms of the cluster"),
  });
  const holders = new Holders(membership, deps);
  const stop = async () => {
    const beaten = heartbeat.stop(); // takes no more rooms
    publisher.stop();
    await rooms.stop();
    await beaten;
  };
  const start = async () => {
    heartbeat.start();
    if (role !== "serve") collectors.start();
    if (role !== "serve") publisher.start();
    if (role !== "collect") await rooms.start();
  };
  await startOrStop(start, stop);
  return {
    rooms,
    here: () => collectors.statuses(),
    takeovers: () => collectors.takeovers,
    hold: async (job, start) => {
      if (role !== "collect") holders.add(job, start);
    },
    rest: () => holders.stop(),
    stop,
  };
}

/** Starts parts, one after the other. Where one cannot be, as with a database that goes away meanwhile, none of them goes on. */
async function startOrStop(start: () => Promise<void>, stop: () => Promise<void>): Promise<void> {
  try {
    await start();
  } catch (error) {
    await stop().catch(() => {}); // why it could not start says more
    throw error;
  }
}

/** Holders of the jobs that this process is ready to do. */
class Holders {
  readonly #membership: Membership;
  readonly #deps: Pick<CollectingDeps, "clock" | "onError">;
  readonly #holders: JobHolder[] = [];

  constructor(membership: Membership, deps: Pick<CollectingDeps, "clock" | "onError">) {
    this.#membership = membership;
    this.#deps = deps;
  }

  add(name: string, start: () => Promise<() => Promise<unknown>>): void {
    const holder = new JobHolder({ name, start }, { ...this.#deps, membership: this.#membership });
    this.#holders.push(holder);
    holder.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#holders.splice(0).map((holder) => holder.stop()));
  }
}
