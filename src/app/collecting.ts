import { hostname } from "node:os";
import { Heartbeat } from "../cluster/heartbeat.js";
import { LeasedCollectors } from "../cluster/leased-collectors.js";
import { RoomManager } from "../cluster/room-manager.js";
import type { CollectorDeps } from "../collector/context.js";
import type { PendingBytes } from "../runtime/rate-limiter.js";
import type { Store } from "../store/store.js";
import type { Config } from "./config.js";

/** Collecting of rooms here, and the manager that is asked for them. */
export interface Collecting {
  readonly rooms: RoomManager;
  /** The collectors of this process in a cluster; null in a process that is alone: all rooms are its own. */
  readonly collectors: LeasedCollectors | null;
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
  readonly held: PendingBytes;
  readonly onError: (error: unknown, doing: string) => void;
}

/** Starts to collect by these settings: alone, or as one process of a cluster where the store is for many. */
export async function startCollecting(config: Config, deps: CollectingDeps): Promise<Collecting> {
  const { role, capacity, maxOnDemandRooms, onDemandIdleMs, name = null } = config;
  const { clock, store } = deps;
  const limits = { maxOnDemandRooms, onDemandIdleMs };
  const onError = (error: unknown) => deps.onError(error, "rooms of this process");
  const { cluster } = store;
  if (cluster === undefined) {
    const rooms = RoomManager.alone({ ...deps, ...limits, onError });
    const ends: (() => Promise<unknown>)[] = [];
    return started({
      ...{ rooms, collectors: null, start: () => rooms.start(), stop: () => rooms.stop() },
      hold: async (_name, start) => void ends.push(await start()),
      rest: async () => {
        for (const end of ends.splice(0).reverse()) await end();
      },
    });
  }
  const { leases, wantedRooms } = cluster;
  const membership = await leases.join({ name: name ?? `${hostname()}:${process.pid}`, role, capacity });
  const collectors = new LeasedCollectors({ ...deps, membership, wantedRooms, onDemandIdleMs, onError });
  const heartbeat = new Heartbeat({ membership, wantedRooms, collectors, clock, onError: deps.onError });
  const accounts = role === "serve" ? null : deps.accounts;
  const rooms = new RoomManager({ ...deps, ...limits, wantedRooms, collectors, accounts, onError });
  return started({
    ...{ rooms, collectors },
    start: async () => {
      heartbeat.start();
      if (role !== "serve") collectors.start();
      if (role !== "collect") await rooms.start();
    },
    hold: async (job, start) => {
      if (role !== "collect") heartbeat.hold(job, start);
    },
    rest: () => heartbeat.rest(),
    stop: async () => {
      const beaten = heartbeat.stop(); // takes no more rooms
      await rooms.stop();
      await beaten;
    },
  });
}

/** Starts it. Where that fails, as with a database that goes away meanwhile, no part of it goes on. */
async function started({ start, ...collecting }: Collecting & { start(): Promise<void> }): Promise<Collecting> {
  try {
    await start();
  } catch (error) {
    await collecting.stop().catch(() => {}); // why it could not start says more
    throw error;
  }
  return collecting;
}
