import { FAILED_PAGE_SIZE, type OpenPlatform } from "../../platform/open-platform/open-platform.js";
import { ERR, OfficialRefusal } from "../../platform/open-platform/refusal.js";
import type { Clock } from "../../runtime/clock.js";
import type { RoomKey } from "../../store/log.js";
import type { Positions } from "../../store/positions.js";
import type { Push } from "./push.js";

/** Types whose failed pushes the platform keeps, for a day (facts/official-push.md A4); of others what was lost stays lost. */
export const RECOVERABLE: readonly string[] = ["live_gift", "live_fansclub"];
/** The platform keeps the first 100,000 items of a task. */
const MAX_PAGE = 1000;

/** What recovery is built of. */
export interface RecoveryParts {
  readonly platform: Pick<OpenPlatform, "appId" | "failed">;
  readonly positions: Positions;
  readonly clock: Clock;
  /** Puts pushes into the log; rejects when it cannot. */
  readonly store: (pushes: readonly Push[]) => Promise<void>;
}

/**
 * Fetches the pushes of a task that the platform could not deliver, from where the last call came to. Nobody but us keeps that: it is the last
 * page, as a position of the store, set only when what was before is in the log. The last page is read again each time, since it still grows.
 * @returns how many pushes the pages held; what is in the log already is known there by its ids
 */
export async function recoverFailed(
  { platform, positions, clock, store }: RecoveryParts,
  { room, roomId, msgType }: { readonly room: RoomKey; readonly roomId: string; readonly msgType: string },
  signal: AbortSignal,
): Promise<number> {
  const reader = `official-failed:${platform.appId}:${msgType}`;
  let page = (await positions.get(reader, room)) ?? 1;
  let found = 0;
  for (; page <= MAX_PAGE; page++) {
    const payloads = await pageOf(platform, roomId, msgType, page, signal);
    if (payloads.length > 0) {
      const receivedAt = clock.now();
      await store(payloads.map((payload) => ({ appId: platform.appId, roomId, msgType, receivedAt, body: Buffer.from(payload) })));
      found += payloads.length;
    }
    if (payloads.length < FAILED_PAGE_SIZE) break;
    await positions.set(reader, room, page + 1);
  }
  return found;
}

/** The page after a full one may not exist yet, which the platform calls an error. */
async function pageOf(
  platform: RecoveryParts["platform"],
  roomId: string,
  msgType: string,
  page: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    return await platform.failed(roomId, msgType, page, signal);
  } catch (error) {
    if (page > 1 && error instanceof OfficialRefusal && error.errNo === ERR.badPage) return [];
    throw error;
  }
}
