import { ROOM_DOOR, readPaste, unquoted } from "../platform/links/paste.js";
import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import { type NamedRoom, namedRoom, type Rooms } from "../store/rooms.js";

/**
 * Returns the name of a room that was pasted on the command line: one of its names, in quotes too, a link to it or the app's share text
 * with one. The platform is not asked, so a short link says nothing.
 * @throws DyliveError not_found
 */
export function pastedName(asked: string): string {
  const text = unquoted(asked);
  const link = linkIn(text);
  if (link?.kind === "short_link")
    throw new DyliveError(
      "not_found",
      msg`the store does not know where a short link leads: \`dylive resolve LINK\` asks the platform and says the room's number`,
    );
  return link === null ? text : link.name.value;
}

/** Finds a room that the store knows by its {@link pastedName}. @throws DyliveError bad_request, not_found */
export async function pastedRoom(rooms: Pick<Rooms, "get" | "find">, asked: string): Promise<NamedRoom> {
  return { ...(await namedRoom(rooms, pastedName(asked))), asked };
}

/** Returns what a pasted text names; null where it is none that the platform has, such as `room:3`. */
function linkIn(text: string): ReturnType<typeof readPaste<ReturnType<(typeof ROOM_DOOR)["take"]> & object>> | null {
  try {
    return readPaste(text, ROOM_DOOR);
  } catch {
    return null;
  }
}
