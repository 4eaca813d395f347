import { GUEST } from "../platform/accounts/login-store.js";
import type { Reach } from "../platform/platform-access.js";
import { DyliveError } from "../runtime/errors.js";
import { NO_SETTINGS, type RoomSettings } from "../store/rooms.js";

const NAMES = Object.keys(NO_SETTINGS) as (keyof RoomSettings)[];

/** Tells whether two settings collect a room in the same way. */
export function sameSettings(a: RoomSettings, b: RoomSettings): boolean {
  return NAMES.every((name) => a[name] === b[name]);
}

/**
 * @param reach without accounts where this process knows none: whether there is such an account is not looked at then
 * @throws DyliveError not_found, bad_request when a room could not be collected so
 */
export async function assertPossible(
  { account, proxy }: Partial<RoomSettings>,
  { accounts, platformBy }: Pick<Reach, "platformBy"> & { readonly accounts: Reach["accounts"] | null },
): Promise<void> {
  if (typeof account === "string" && account !== GUEST) await accounts?.get(account);
  if (typeof proxy !== "string") return;
  try {
    platformBy(proxy);
  } catch (error) {
    throw error instanceof DyliveError ? new DyliveError("bad_request", error.detail) : error;
  }
}
