import { DyliveError } from "../runtime/errors.js";
import { type RawFile, rawFiles } from "../sources/raw/files.js";
import type { RoomKey } from "../store/log.js";

/**
 * Returns the raw recordings of a room, or of one broadcast of it.
 * @param folder of all raw recordings
 * @throws DyliveError not_found when nothing was recorded
 */
export async function recordingsOf(folder: string, room: RoomKey, sessionId: string | null): Promise<readonly RawFile[]> {
  const files = await rawFiles(folder, room);
  const wanted = sessionId === null ? files : files.filter((file) => file.sessionId === sessionId);
  if (wanted.length > 0) return wanted;
  const why = files.length > 0 ? "that broadcast was not recorded" : "its frames were not kept: dylive room set ROOM --record on";
  throw new DyliveError("not_found", `there is nothing to decode anew: ${why}`);
}
