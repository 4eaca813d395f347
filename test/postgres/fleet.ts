import { Heartbeat } from "../../src/cluster/heartbeat.js";
import { LeasedCollectors } from "../../src/cluster/leased-collectors.js";
import { RoomManager } from "../../src/cluster/room-manager.js";
import { systemClock } from "../../src/runtime/clock.js";
import type { Membership, Role } from "../../src/store/cluster.js";
import { openPostgresStore, type PostgresStore } from "../../src/store/postgres/store.js";
import { reachAt } from "../platform/access/reach.js";

export interface ProcessOptions {
  readonly url: string;
  /** Of the simulator. */
  readonly platform: string;
  readonly role?: Role;
  readonly capacity?: number;
}

/** What one process of a cluster is made of, in this one. */
export class ClusterProcess {
  readonly store: PostgresStore;
  readonly membership: Membership;
  readonly collectors: LeasedCollectors;
  readonly rooms: RoomManager;
  readonly errors: unknown[];
  readonly #heartbeat: Heartbeat;

  private constructor(parts: {
    readonly store: PostgresStore;
    readonly membership: Membership;
    readonly collectors: LeasedCollectors;
    readonly rooms: RoomManager;
    readonly heartbeat: Heartbeat;
    readonly errors: unknown[];
  }) {
    this.store = parts.store;
    this.membership = parts.membership;
    this.collectors = parts.collectors;
    this.rooms = parts.rooms;
    this.errors = parts.errors;
    this.#heartbeat = parts.heartbeat;
  }

  static async start(options: ProcessOptions): Promise<ClusterProcess> {
    const { url, platform, role = "all", capacity = 1000 } = options;
    const clock = systemClock;
    const store = await openPostgresStore({ url, clock });
    const { leases, wantedRooms } = store.cluster;
    const membership = await leases.join({ name: "test", role, capacity });
    const errors: unknown[] = [];
    const onError = (error: unknown) => void errors.push(error);
    const parts = {
      ...reachAt(platform),
      ...{ store, wantedRooms, clock, maxOnDemandRooms: 50, onDemandIdleMs: 600_000, onError },
      pollMs: 5000,
      rates: { requestsPerS: 50, connectsPerS: 50 },
      setAside: (event: { readonly id: string }, error: unknown) => {
        throw new Error(`refused: ${event.id}`, { cause: error });
      },
    };
    const collectors = new LeasedCollectors({ ...parts, membership });
    const heartbeat = new Heartbeat({ membership, wantedRooms, collectors, clock, onError });
    const rooms = new RoomManager({ ...parts, collectors });
    heartbeat.start();
    collectors.start();
    await rooms.start();
    return new ClusterProcess({ store, membership, collectors, rooms, heartbeat, errors });
  }

  /** It says no more that it lives, and notices nothing: only its collectors go on. */
  freeze(): void {
    void this.#heartbeat.stop();
  }

  async stop(): Promise<void> {
    this.freeze();
    await this.rooms.stop();
    await this.#heartbeat.stop();
    await this.store.close();
  }
}
