import type { Intake } from "../ingest/intake.js";
import type { PlatformIdentity } from "../platform/access/platform-identity.js";
import type { Live } from "../platform/links/resolve.js";
import type { RoomKey } from "../store/log.js";
import type { Resume } from "../store/rooms.js";

/** The broadcast to connect to. */
export interface Target {
  readonly live: Live;
  readonly room: RoomKey;
  readonly intake: Intake;
  readonly identity: PlatformIdentity;
  /** Whether the platform itself said that the broadcast is live; what an earlier process left is connected to first and asked for after. */
  readonly confirmed: boolean;
  /** Point at which an earlier connection of this broadcast was left, also one before a restart. */
  readonly resume: Resume | null;
}

/** End of a connection: why it ended, and whether anything had come through it. */
export interface Closing {
  readonly why: "announced" | "lost" | "refused" | "dead" | "stalled" | "moved";
  readonly opened: boolean;
  /** Whether it had stood for long enough to count as a good one. */
  readonly steady: boolean;
}
