import type { Holds } from "./holds.js";
import type { Leases } from "./leases.js";
import type { Shared } from "./shared.js";
import type { Spooled } from "./spooled.js";
import type { Wishes } from "./wishes.js";

/** What the processes of a cluster share beside the store itself. */
export interface Cluster {
  readonly leases: Leases;
  readonly wishes: Wishes;
  readonly spooled: Spooled;
  readonly holds: Holds;
  readonly shared: Shared;
}
