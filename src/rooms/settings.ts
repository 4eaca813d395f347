import { DyliveError } from "../errors.js";
import type { RoomSettings } from "../log/rooms.js";
import { GUEST } from "../sources/login-store.js";
import type { Reach } from "./place.js";

/** @throws DyliveError not_found, bad_request when a room could not be collected so */
export async function assertPossible(
  { account, proxy }: Partial<RoomSettings>,
  { accounts, platformBy }: Pick<Reach, "accounts" | "platformBy">,
): Promise<void> {
  if (typeof account === "string" && account !== GUEST) await accounts.get(account);
  if (typeof proxy !== "string") return;
  try {
    platformBy(proxy);
  } catch (error) {
    throw error instanceof DyliveError ? new DyliveError("bad_request", error.detail) : error;
  }
}
