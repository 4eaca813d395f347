import type { Received } from "../platform/access/source.js";
import type { RawAbout } from "../sources/raw/writer.js";
import type { RoomKey } from "../store/log.js";

/** Keeps frames as they came. Makes nobody wait. */
export interface Raw {
  /** Whether rooms are recorded whose settings do not say. */
  readonly byDefault: boolean;
  take(room: RoomKey, batch: readonly Received[], about: RawAbout): void;
  /** Called when the room is no longer collected so: its file can be closed. */
  leave(room: RoomKey): Promise<void>;
}
