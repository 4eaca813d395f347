import { DyliveError } from "../errors.js";
import { nameText } from "../rooms/resolve.js";
import type { Platform } from "../sources/platform.js";
import { Visitor } from "../sources/visitor.js";

/**
 * The lasting name of the room in a pasted text, as everything that takes an id takes it. Only short links need the platform.
 * @throws DyliveError bad_room, no_account, room_unknown, unreachable
 */
export async function roomIn(
  text: string,
  { platform, userAgent }: { readonly platform: Platform; readonly userAgent: string },
  signal: AbortSignal,
): Promise<string> {
  const named = await nameText(text, { platform, visitor: new Visitor(userAgent) }, signal);
  if ("name" in named) return named.name.value;
  throw new DyliveError(named.outcome === "unknown" ? "room_unknown" : "no_account", named.reason);
}
