import { Fleet } from "../../src/cluster/fleet.js";
import { Pulse } from "../../src/cluster/pulse.js";
import { RemoteRooms } from "../../src/cluster/remote-rooms.js";
import { type Clock, systemClock } from "../../src/runtime/clock.js";
import type { Membership, Role } from "../../src/store/leases.js";
import { openPostgresStore, type PostgresStore } from "../../src/store/postgres/store.js";
import type { Wishes } from "../../src/store/wishes.js";
import { reachAt } from "../platform/access/reach.js";

export interface ProcessOptions {
  readonly url: string;
  /** Of the simulator. */
  readonly platform: string;
  readonly role?: Role;
  readonly capacity?: number;
  readonly maxOnDemandRooms?: number;
  readonly onDemandIdleMs?: number;
  readonly clock?: Clock;
  /** How many times faster than life the clock is; the database's is not. */
  readonly speed?: number;
}

/** What one process of a cluster is made of, in this one. */
export class ClusterProcess {
  readonly store: PostgresStore;
  readonly membership: Membership;
  readonly fleet: Fleet;
  readonly rooms: RemoteRooms;
  readonly errors: unknown[];
  readonly #pulse: Pulse;

  private constructor(store: PostgresStore, membership: Membership, fleet: Fleet, rooms: RemoteRooms, pulse: Pulse, errors: unknown[]) {
    this.store = store;
    this.membership = membership;
    this.fleet = fleet;
    this.rooms = rooms;
    this.errors = errors;
    this.#pulse = pulse;
  }

  static async start(options: ProcessOptions): Promise<ClusterProcess> {
    const { url, platform, role = "all", capacity = 1000, maxOnDemandRooms = 50, onDemandIdleMs = 600_000 } = options;
    const { clock = systemClock, speed = 1 } = options;
    const store = await openPostgresStore({ url, clock: systemClock });
    const { leases } = store.cluster;
    const wishes = atSpeed(store.cluster.wishes, speed);
    const membership = await leases.join({ name: "test", role, capacity });
    const errors: unknown[] = [];
    const onError = (error: unknown) => errors.push(error);
    const parts = {
      ...reachAt(platform),
      ...{ store, wishes, clock, maxOnDemandRooms, onDemandIdleMs, onError },
      pollMs: 5000,
      rates: { requestsPerS: 50, connectsPerS: 50 },
      setAside: (event: { readonly id: string }, error: unknown) => {
        throw new Error(`refused: ${event.id}`, { cause: error });
      },
    };
    const fleet = new Fleet({ ...parts, membership });
    const pulse = new Pulse({
      ...{ membership, clock, onError, wakes: (signal) => wishes.wakes(signal) },
      onChanges: (changes) => fleet.change(changes),
    });
    const rooms = new RemoteRooms(parts);
    pulse.start();
    fleet.start();
    await rooms.start();
    return new ClusterProcess(store, membership, fleet, rooms, pulse, errors);
  }

  /** It says no more that it lives, and notices nothing: only its collectors go on. */
  freeze(): void {
    void this.#pulse.stop();
  }

  async stop(): Promise<void> {
    await this.rooms.stop();
    await this.fleet.stop();
    await this.#pulse.stop();
    await this.store.close();
  }
}

/** Wishes that grow old so many times faster. */
function atSpeed(wishes: Wishes, speed: number): Wishes {
  return {
    ask: (name, most) => wishes.ask(name, most),
    forget: (what) => wishes.forget(what),
    sweep: (idleMs) => wishes.sweep(idleMs / speed),
    tell: (member, told) => wishes.tell(member, told),
    all: () => wishes.all(),
    changed: () => wishes.changed(),
    wakes: (signal) => wishes.wakes(signal),
  };
}
