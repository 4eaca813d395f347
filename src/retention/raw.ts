import type { RoomKey } from "../store/log.js";
import type { Limits } from "../store/sql/retention.js";

/** A file of raw frames, as far as its limits go. */
interface RawRecording {
  readonly path: string;
  /** Time when its first frame was received, ms UTC. */
  readonly startedAt: number;
  /** Time when its last frame was received, or a while later; ms UTC. */
  readonly endedAt: number;
  readonly bytes: number;
  /** Whether it may be written to. */
  readonly open: boolean;
}

/** Raw recordings of all rooms. */
export interface RawRecordings {
  /** Rooms of which there are some, whether the log knows them or not. */
  rooms(): Promise<readonly RoomKey[]>;
  /** Returns those of a room, oldest first. */
  files(room: RoomKey): Promise<readonly RawRecording[]>;
  remove(file: RawRecording): Promise<void>;
}

/**
 * Returns the recordings of a room that are beyond its limits, oldest first: those without a frame that is young enough, then the oldest
 * until the rest is small enough. One that may be written to is counted, and stays.
 * @param now ms UTC
 */
export function beyondLimits(files: readonly RawRecording[], { maxAgeMs, maxBytes }: Limits, now: number): readonly RawRecording[] {
  let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return files.filter((file) => {
    const tooOld = maxAgeMs !== null && file.endedAt < now - maxAgeMs;
    const tooMuch = maxBytes !== null && bytes > maxBytes;
    if (file.open || !(tooOld || tooMuch)) return false;
    bytes -= file.bytes;
    return true;
  });
}
