/** A broadcast in which an anchor has mounted an app. */
export interface MountedBroadcast {
  readonly appId: string;
  readonly roomId: string;
  /** Launch token that the live companion gives the game. */
  readonly launchToken: string;
  live: boolean;
  /** Types whose task runs. */
  readonly running: Set<string>;
  /** Bodies that could not be pushed, by type; kept for gifts and fans club alone. */
  readonly failed: Map<string, string[]>;
  /** Messages that the app confirmed. */
  readonly acks: ConfirmedMessage[];
}

/** A message that the app has confirmed. */
export interface ConfirmedMessage {
  readonly ackType: number;
  readonly msgId: string;
  readonly msgType: string;
  readonly at: number;
}

/** Types whose failed pushes can be queried. */
export const QUERYABLE: ReadonlySet<string> = new Set(["live_gift", "live_fansclub"]);
/** Number of items that are kept: the first ones. */
const KEPT = 100_000;

/** Keeps a body that was not taken, as long as there is room. */
export function keepFailed(broadcast: MountedBroadcast, msgType: string, body: string): void {
  if (!QUERYABLE.has(msgType)) return;
  const list = broadcast.failed.get(msgType) ?? [];
  broadcast.failed.set(msgType, list);
  if (list.length < KEPT) list.push(body);
}
