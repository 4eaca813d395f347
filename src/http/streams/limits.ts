import { WORK_LIMITS, type WorkLimits } from "../../feed/reading-time.js";
import type { OutletBounds } from "./outlet.js";

/** Bounds and times of the live streams. */
export interface LiveLimits extends OutletBounds, WorkLimits {
  readonly roomsPerConnection: number;
  /** Connections and rooms of connections that one token may hold at a time. */
  readonly heldPerToken: number;
  /** Streams and sockets of all tokens: each takes a file handle. */
  readonly connections: number;
  readonly heartbeatMs: number;
  /** How long one that was told goodbye may take to read it. */
  readonly graceMs: number;
  /** Longest message from a WebSocket client. */
  readonly messageBytes: number;
  /** Commands a WebSocket client may send at once, and per second in the long run. */
  readonly commandBurst: number;
  readonly commandsPerSecond: number;
  /** Least ms between two looks at the states of the rooms. */
  readonly roomStatesMs: number;
}

/** The limits of a server. */
export const LIVE_LIMITS: LiveLimits = {
  maxQueuedBytes: 1_048_576,
  readyBytes: 131_072,
  stallMs: 30_000,
  roomsPerConnection: 200,
  heldPerToken: 5_000,
  connections: 10_000,
  // Half a minute is what proxies at the strictest let pass without a byte.
  heartbeatMs: 15_000,
  graceMs: 2_000,
  // 200 rooms with a cursor each.
  messageBytes: 65_536,
  commandBurst: 100,
  commandsPerSecond: 20,
  roomStatesMs: 1_000,
  ...WORK_LIMITS,
};
