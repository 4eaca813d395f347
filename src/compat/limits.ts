/** Bounds and times of the compat outputs. */
export interface CompatLimits {
  /** Clients of one format at a time: each takes a file handle. */
  readonly clients: number;
  /** With more bytes than this in our memory a client is too slow to go on. One batch may come on top. */
  readonly maxQueuedBytes: number;
  /** A client that is behind the log is given more only when fewer bytes than this wait for it. */
  readonly readyBytes: number;
  /** A client that is behind and takes nothing for so long is too slow to go on. */
  readonly stallMs: number;
  readonly heartbeatMs: number;
  /** How long a client that was told goodbye may take to read it. */
  readonly graceMs: number;
  /** Longest message from a client; what they send is commands that we do not heed. */
  readonly messageBytes: number;
  /** Messages and pings of a client that are read at once, and per second in the long run; beyond it they wait on its side. */
  readonly messageBurst: number;
  readonly messagesPerSecond: number;
  /** Between two askings for a room that a client wants, which keep it collected. */
  readonly renewMs: number;
  /** How long a client waits for the first answer about its room. */
  readonly settleMs: number;
  /** Between two looks at what is known of the rooms. */
  readonly aboutMs: number;
}

/** The limits of a server. */
export const COMPAT_LIMITS: CompatLimits = {
  clients: 100,
  maxQueuedBytes: 1_048_576,
  readyBytes: 131_072,
  stallMs: 30_000,
  heartbeatMs: 15_000,
  graceMs: 2_000,
  messageBytes: 4_096,
  // Some acknowledge every frame.
  messageBurst: 2_000,
  messagesPerSecond: 1_000,
  renewMs: 30_000,
  settleMs: 10_000,
  aboutMs: 60_000,
};
