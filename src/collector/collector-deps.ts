import type { NewEvent } from "../events/event.js";
import type { Broadcast } from "../ingest/pipeline.js";
import type { Received } from "../platform/access/read.js";
import type { Reach } from "../platform/platform-access.js";
import type { Clock } from "../runtime/clock.js";
import type { RawRecorder } from "../sources/raw/recorder.js";
import type { RoomKey } from "../store/log.js";
import type { RoomStore } from "../store/store.js";
import type { GiftListReader } from "./gift-list-reader.js";

/** Dependencies of collectors, the same for all rooms. */
export interface CollectorDeps extends Reach {
  readonly store: RoomStore;
  readonly clock: Clock;
  /** ms between looks at a room that is not live; also as a function, where that may change */
  readonly pollMs: number | (() => number);
  readonly setAside: (event: NewEvent, error: unknown) => void;
  /** Called with every batch as received, before it is stored: for recording. */
  readonly onReceived?: (received: readonly Received[], broadcast: Broadcast) => void;
  /** Reader of the platform's list of gifts, where a catalogue of them is kept. */
  readonly giftList?: GiftListReader;
  /** Recorder of the frames of rooms that are to be recorded. */
  readonly raw?: Pick<RawRecorder, "byDefault" | "take" | "leave">;
}

/** Ownership of a room by a process of a cluster. Without one the room is its process's alone, as on SQLite. */
export interface RoomOwnership {
  /** Claims the room's log: the new epoch, or null when the room is another process's. */
  claim(room: RoomKey): Promise<number | null>;
  /** Called once, as soon as the collector knows its room. */
  readonly onMet?: () => void;
}
