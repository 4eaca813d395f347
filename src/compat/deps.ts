import type { Feed } from "../feed/feed.js";
import type { RoomRequests } from "../health/state.js";
import type { Clock } from "../runtime/clock.js";
import type { Store } from "../store/store.js";
import type { Abouts } from "./about.js";
import type { Collected } from "./collected.js";
import type { Door } from "./door.js";
import type { CompatLimits } from "./limits.js";

/** Dependencies of every compat output. */
export interface CompatDeps {
  readonly store: Pick<Store, "log" | "rooms">;
  readonly rooms: RoomRequests;
  readonly clock: Clock;
  readonly door: Door;
  /** Origins of pages that may read without a token, beside those of this machine. */
  readonly origins: readonly string[];
  readonly feed: Feed;
  readonly abouts: Abouts;
  readonly collected: Collected;
  readonly limits: CompatLimits;
  /** Called with what went wrong on our side. */
  readonly onError: (error: unknown) => void;
}
