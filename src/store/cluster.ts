import type { DistributedLocks } from "./distributed-locks.js";
import type { Leases } from "./leases.js";
import type { Shared } from "./shared.js";
import type { Spooled } from "./spooled.js";
import type { WantedRooms } from "./wanted-rooms.js";

/** Things that the processes of a cluster share beside the store itself. */
export interface Cluster {
  readonly leases: Leases;
  readonly wantedRooms: WantedRooms;
  readonly spooled: Spooled;
  readonly locks: DistributedLocks;
  readonly shared: Shared;
}
