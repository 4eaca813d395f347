import type { Reply } from "../platform/access/platform.js";
import type { PlatformIdentity } from "../platform/access/platform-identity.js";
import { pushHeaders, pushUrl } from "../platform/access/push.js";
import type { Received } from "../platform/access/read.js";
import type { Live } from "../platform/links/resolve.js";
import type { PlatformAccess } from "../platform/platform-access.js";
import type { Drift } from "../platform/wire/drift.js";
import type { Clock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import type { Budgets } from "../runtime/rate-limiter.js";
import { websocketSource } from "./websocket.js";

/** Connection that is wanted. */
interface Wanted {
  readonly live: Live;
  readonly identity: PlatformIdentity;
  /** Position where an earlier connection was left; an empty cursor is none. */
  readonly from: { readonly host: string | null; readonly cursor: string; readonly internalExt: string; readonly attempt: number };
  /** Called with the time (ms) from which silence says something. */
  readonly onOpen: (at: number) => void;
  /** Called with every frame as it comes, which may be long before it is asked for. */
  readonly onReceived: (frame: Received) => void;
  /** Called with the platform's list of gifts when the room's page asks for it. */
  readonly onGiftList: (reply: Pick<Reply, "status" | "body">) => void;
  /** Called when the room's page has opened its connection only after a click. */
  readonly onClickNeeded: () => void;
}

/** Time that a page in the browser needs, in ms, before the silence of its socket says something. */
const PAGE_MS = 30_000;

/**
 * Opens the room's source, as its platform access has it: a socket of our own, or the room's page in the browser.
 * @throws DyliveError what the source throws
 */
export async function openSource(
  { live, identity, from, onOpen, onReceived, onGiftList, onClickNeeded }: Wanted,
  {
    access,
    budgets,
    clock,
    drift,
  }: { readonly access: PlatformAccess; readonly budgets: Budgets; readonly clock: Clock; readonly drift: Drift },
  signal: AbortSignal,
): Promise<AsyncIterable<readonly Received[]>> {
  if (access.source === "browser") {
    if (identity.pageSource === null)
      throw new DyliveError("no_browser", "this room is to be read in the browser, but a signer takes the browser's place");
    await budgets.connects.turn(signal);
    onOpen(clock.now() + PAGE_MS);
    return identity.pageSource(live.webRid, { clock, drift, onReceived, onGiftList, onClickNeeded, held: budgets.held }).open(signal);
  }
  const { platform } = access;
  const { visitor, signer } = identity;
  return websocketSource({
    connectUrl: async (until) => {
      await budgets.connects.turn(until);
      return pushUrl({ platform, signer, visitor, roomId: live.roomId, ...from }, until);
    },
    headers: pushHeaders(visitor, live.webRid),
    proxy: platform.proxy,
    clock,
    drift,
    onOpen: () => onOpen(clock.now()),
    onReceived,
    held: budgets.held,
    heartbeats: budgets.heartbeats,
  }).open(signal);
}
